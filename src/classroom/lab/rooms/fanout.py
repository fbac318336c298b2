"""What goes out to everybody in a room, and when: updates in, messages out, time given in.

In a small room everything goes out at once. The more people, the more each message costs, so that
what arrives within a tick is merged and sent once; who types alone never waits, because the first
update after a pause goes out at once. Presence has a slower tick of its own and rides along with
text when that goes out anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.lab.protocol import awareness

if TYPE_CHECKING:
    from classroom.lab.protocol.awareness import Entry

Merge = Callable[[list[bytes]], bytes]


@dataclass(frozen=True)
class Pace:
    """How long a room of a certain size collects.

    Attributes:
        text: seconds between two messages with text.
        presence: seconds between two messages with presence.
    """

    text: float
    presence: float


SMALL = 12
"""In a room of so many everything goes out at once: nobody could notice the difference."""


def pace(people: int, cost: float = 0.0) -> Pace:
    """Decide how long a room collects.

    Text may take a fifth of a core, whatever is typed: by what a message to everybody has been
    seen to cost, and from the start by some sixteen microseconds a head.

    Args:
        people: how many are in the room.
        cost: seconds that a message to everybody takes.
    """
    if people <= SMALL:
        return Pace(0.0, 0.0)
    text = min(0.25, max(people * 80e-6, cost * 5))
    return Pace(text, min(1.0, max(0.05, people * 3e-3)))


@dataclass(frozen=True)
class Batch:
    """What goes out to everybody at once.

    Attributes:
        update: a document update, merged; b"" for none.
        presence: awareness messages, none of them long.
    """

    update: bytes = b""
    presence: tuple[bytes, ...] = ()


NOTHING = Batch()


class Fanout:
    """Collects what a room has to tell."""

    def __init__(self, merge: Merge) -> None:
        """Have nothing to tell.

        Args:
            merge: merges document updates into one.
        """
        self._merge = merge
        self._updates: list[bytes] = []
        self._presence: dict[int, Entry] = {}
        self._text_at = self._presence_at = float("-inf")

    def update(self, update: bytes) -> None:
        """Collect a document update."""
        self._updates.append(update)

    def presence(self, news: Iterable[Entry]) -> None:
        """Collect what is news of presence; of each client only the last word counts."""
        for entry in news:
            self._presence[entry.client] = entry

    def due(self, at: Pace) -> float | None:
        """Say when something is to go out.

        Args:
            at: the room's pace.

        Returns:
            Seconds on the caller's clock, maybe past; None when there is nothing.
        """
        text = self._text_at + at.text if self._updates else None
        presence = self._presence_at + at.presence if self._presence else None
        if text is None or presence is None:
            return presence if text is None else text
        return min(text, presence)

    def flush(self, at: Pace, now: float) -> Batch:
        """Take out what is to go out now.

        Args:
            at: the room's pace.
            now: seconds, of any clock that doesn't go back.
        """
        update = b""
        presence: tuple[bytes, ...] = ()
        if self._updates and now >= self._text_at + at.text:
            one = len(self._updates) == 1
            update = self._updates[0] if one else self._merge(self._updates)
            self._updates = []
            self._text_at = now
        # It rides along, a little early, when a message goes to everybody anyway. Not much: every
        # page sends back what it is told, so that each telling costs as many messages in as out.
        ahead = at.presence / 4 if update else 0.0
        if self._presence and now >= self._presence_at + at.presence - ahead:
            presence = tuple(awareness.pieces(self._presence.values()))
            self._presence = {}
            self._presence_at = now
        return Batch(update, presence)
