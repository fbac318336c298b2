"""Copies of a document in which a timeline goes back and forth: the last ones, not all there were.

Upstream makes one, with the document's whole history, whenever somebody opens a timeline, and keeps
it until the server ends.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import jupyter_server_ydoc.handlers

from classroom.runtime import background_tasks

if TYPE_CHECKING:
    from pycrdt.websocket import YRoom

LOG = logging.getLogger(__name__)
MOST = 20
"""Timelines that can be open at once; who opened an earlier one opens it again."""


class Forks(dict[str, Any]):
    """The copies by their id, the oldest first."""

    def __init__(self, rooms: dict[str, YRoom]) -> None:
        """Begin with none.

        Args:
            rooms: the server's, in which each has a room of the same name.
        """
        super().__init__()
        self._rooms = rooms

    def __setitem__(self, fork: str, document: Any) -> None:
        """Add one, and let go of the oldest if they are too many."""
        super().__setitem__(fork, document)
        while len(self) > MOST:
            oldest = next(iter(self))
            del self[oldest]
            room = self._rooms.pop(oldest, None)
            if room is not None and room.started.is_set():
                background_tasks.start(room.stop(), f"Closing the timeline {oldest}", LOG)


def bound(rooms: dict[str, YRoom]) -> None:
    """Have upstream keep the last ones.

    Args:
        rooms: the server's, by name.
    """
    jupyter_server_ydoc.handlers.FORK_DOCUMENTS = Forks(rooms)
