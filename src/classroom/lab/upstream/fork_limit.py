"""Limit the number of forks: the copies of documents that timelines use.

Upstream creates one with the document's whole history whenever somebody opens a timeline, and keeps
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
"""Most timelines open at the same time; a person can open an older one again."""


class Forks(dict[str, Any]):
    """The forks by their id, the oldest first."""

    def __init__(self, rooms: dict[str, YRoom]) -> None:
        """Start without forks.

        Args:
            rooms: the server's rooms; each fork has a room of the same name.
        """
        super().__init__()
        self._rooms = rooms

    def __setitem__(self, fork: str, document: Any) -> None:
        """Add a fork, and remove the oldest if there are too many."""
        super().__setitem__(fork, document)
        while len(self) > MOST:
            oldest = next(iter(self))
            del self[oldest]
            room = self._rooms.pop(oldest, None)
            if room is not None and room.started.is_set():
                background_tasks.start(room.stop(), f"Closing the timeline {oldest}", LOG)


def bound(rooms: dict[str, YRoom]) -> None:
    """Make upstream keep only the newest forks.

    Args:
        rooms: the server's rooms, by name.
    """
    jupyter_server_ydoc.handlers.FORK_DOCUMENTS = Forks(rooms)
