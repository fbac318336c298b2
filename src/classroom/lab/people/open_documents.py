"""List the open documents and the people in each, which pages show in the launcher.

Everybody in the lab gets the list. They could learn the same by opening each document, which shows
who else is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classroom.lab.people import location
from classroom.lab.people.location import Location
from classroom.lab.rooms.hooks import RoomHook

if TYPE_CHECKING:
    from collections.abc import Callable

    from classroom.lab.rooms.hooks import Connection, Hooks

KINDS = ("notebook", "file", "unicode")
"""Types of listed documents: neither chats, nor the room of JupyterLab's own awareness."""
MOST = 30
"""Most documents in the list: those with the most people."""
FACES = 12
"""Most names for each document; of the others the list has only the number."""


class OpenDocuments(RoomHook):
    """The documents that somebody has open. For one event loop."""

    def __init__(self) -> None:
        self.changed: Callable[[], None] = lambda: None
        """Called after somebody opens or leaves a document."""
        self._open: dict[str, set[Connection]] = {}
        self._message: dict[str, Any] = {"type": "open", "documents": []}

    def use(self, hooks: Hooks) -> None:
        """Register for the rooms' connections.

        Args:
            hooks: the rooms' hooks.
        """
        for kind in KINDS:
            hooks.register(self, kind)

    def connected(self, connection: Connection) -> None:
        """Record that a page has opened a document; the argument is the hook's."""
        self._open.setdefault(connection.room_id, set()).add(connection)
        self.changed()

    def disconnected(self, connection: Connection) -> None:
        """Record that a page has left a document; the argument is the hook's."""
        there = self._open.get(connection.room_id, set())
        there.discard(connection)
        if not there:
            self._open.pop(connection.room_id, None)
        self.changed()

    def message(self) -> dict[str, Any]:
        """Return the message to pages: the same object as before, while nothing has changed."""
        found: dict[str, set[str]] = {}
        for there in self._open.values():
            # A file may be open as two types: as a notebook, and as text.
            if path := _shown(next(iter(there))):
                found.setdefault(path, set()).update(one.who for one in there)
        most = sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))[:MOST]
        documents = [
            {"path": path, "people": sorted(names)[:FACES], "count": len(names)}
            for path, names in most
        ]
        if documents != self._message["documents"]:
            self._message = {"type": "open", "documents": documents}
        return self._message


def _shown(connection: Connection) -> str | None:
    """Return the path of a document that pages may open, without a drive; otherwise None."""
    path = getattr(connection.room, "file_path", "")
    return location.document(Location(path)) or None
