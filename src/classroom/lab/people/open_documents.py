"""Which documents are open, and who is in each: what pages show in the launcher.

Everybody in the lab is told. Nobody learns more than by opening each document: whoever is in one
sees who else is.
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
"""Kinds of documents that are listed: not chats, nor who is in the lab."""
MOST = 30
"""Documents that pages are told of: those in which most people are."""
FACES = 12
"""People of each document that pages are told of by name; of the others, how many they are."""


class OpenDocuments(RoomHook):
    """The documents that somebody has open. One event loop's."""

    def __init__(self) -> None:
        self.changed: Callable[[], None] = lambda: None
        """Called when somebody opens or leaves a document."""
        self._open: dict[str, set[Connection]] = {}
        self._message: dict[str, Any] = {"type": "open", "documents": []}

    def use(self, hooks: Hooks) -> None:
        """Take note of who enters which document.

        Args:
            hooks: the rooms'.
        """
        for kind in KINDS:
            hooks.register(self, kind)

    def connected(self, connection: Connection) -> None:
        """Note a page that has opened a document; the argument is the hook's."""
        self._open.setdefault(connection.room_id, set()).add(connection)
        self.changed()

    def disconnected(self, connection: Connection) -> None:
        """Note a page that has left one; the argument is the hook's."""
        there = self._open.get(connection.room_id, set())
        there.discard(connection)
        if not there:
            self._open.pop(connection.room_id, None)
        self.changed()

    def message(self) -> dict[str, Any]:
        """Return what pages are told: the same object as before while nothing has changed."""
        found: dict[str, set[str]] = {}
        for there in self._open.values():
            # A file may be open as two kinds: a notebook, and its text.
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
    """Return the path of a document that pages may open, without a drive; None for another."""
    path = getattr(connection.room, "file_path", "")
    return location.document(Location(path)) or None
