"""Which rooms there are: upstream makes one of whatever name anybody asks for, and keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PRESENCE = "JupyterLab:globalAwareness"
"""The room of who is in the lab, of jupyter-collaboration."""


FORMATS = {"notebook": "json", "file": "text", "unicode": "text", "chat": "text"}
"""The format of each kind of documents that we know; other extensions bring kinds of their own."""


def format_of(kind: str) -> str:
    """Return the format in which the lab itself opens a kind of documents.

    Args:
        kind: "notebook", "file", …; of kinds that we don't know it is text.
    """
    return FORMATS.get(kind, "text")


def fit(file_format: str, kind: str) -> bool:
    """Say whether there are documents of a kind in a format.

    All formats of one file have one journal: what is typed in one would be unreadable in another.

    Args:
        file_format: "json" or "text", as pages name it.
        kind: "notebook", "file", …
    """
    return file_format == FORMATS.get(kind, file_format)


def leads_somewhere(room_id: str, path_of: Callable[[str], str | None], *, exists: bool) -> bool:
    """Say whether there is such a room, or a file that one may be made of.

    Args:
        room_id: a document's is format, kind and file, with colons between.
        path_of: finds the path of a file by its id.
        exists: whether there is a room of that name now, such as a timeline's.
    """
    if room_id == PRESENCE or exists:
        return True
    parts = room_id.split(":", 2)
    if len(parts) < 3 or not fit(parts[0], parts[1]):  # noqa: PLR2004 (as above)
        return False
    return path_of(parts[2]) is not None
