"""Which rooms there are: upstream makes one of whatever name anybody asks for, and keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PRESENCE = "JupyterLab:globalAwareness"
"""The room of who is in the lab, of jupyter-collaboration."""


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
    return len(parts) == 3 and path_of(parts[2]) is not None  # noqa: PLR2004 (as above)
