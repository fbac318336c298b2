"""Check names of rooms: upstream creates a room for any requested name, and keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PRESENCE = "JupyterLab:globalAwareness"
"""jupyter-collaboration's room for presence in the whole lab."""


FORMATS = {"notebook": "json", "file": "text", "unicode": "text", "chat": "text"}
"""The format of each known type of documents; other extensions bring types of their own."""


def format_of(kind: str) -> str:
    """Return the format in which the lab itself opens a type of documents.

    Args:
        kind: "notebook", "file", …; unknown types are opened as text.
    """
    return FORMATS.get(kind, "text")


def fit(file_format: str, kind: str) -> bool:
    """Say whether documents of a type can have a format.

    All formats of one file share one journal, and one format can't read another's history.

    Args:
        file_format: "json" or "text", as pages name it.
        kind: "notebook", "file", …
    """
    return file_format == FORMATS.get(kind, file_format)


def leads_somewhere(room_id: str, path_of: Callable[[str], str | None], *, exists: bool) -> bool:
    """Say whether a room exists, or can be created from a file.

    Args:
        room_id: the room's id; a document's is format, type and file id, with colons between.
        path_of: finds the path of a file by its id.
        exists: whether a room of that name exists now, such as a timeline's.
    """
    if room_id == PRESENCE or exists:
        return True
    parts = room_id.split(":", 2)
    if len(parts) < 3 or not fit(parts[0], parts[1]):  # noqa: PLR2004 (as above)
        return False
    return path_of(parts[2]) is not None
