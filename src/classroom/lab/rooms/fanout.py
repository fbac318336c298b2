"""Decide what a room sends to everybody, and when; the caller passes the time.

A small room sends everything at once. The more people are in a room, the more each message costs,
so that a larger room merges what arrives within a tick, and sends it once. The first update after a
pause goes out at once, so that a person who types alone never waits. Presence has a slower tick,
and is sent together with text if that goes out anyway.
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
    """How long a room collects changes.

    Attributes:
        text: seconds between two messages with text.
        presence: seconds between two messages with presence.
    """

    text: float
    presence: float


SMALL = 12
"""Most people in a room that sends everything at once: nobody could notice the difference."""


def pace(people: int, cost: float = 0.0) -> Pace:
    """Decide how long a room collects changes.

    Text may use a fifth of a core, however much people type. The measured cost of a message to
    everybody counts, and at least sixteen microseconds for each person.

    Args:
        people: how many people are in the room.
        cost: how many seconds a message to everybody takes.
    """
    if people <= SMALL:
        return Pace(0.0, 0.0)
    text = min(0.25, max(people * 80e-6, cost * 5))
    return Pace(text, min(1.0, max(0.05, people * 3e-3)))


@dataclass(frozen=True)
class Batch:
    """What a room sends to everybody in one tick.

    Attributes:
        update: a document update, merged; b"" for none.
        presence: awareness messages, none of them long.
    """

    update: bytes = b""
    presence: tuple[bytes, ...] = ()


NOTHING = Batch()


class Fanout:
    """Collects what a room has to send."""

    def __init__(self, merge: Merge) -> None:
        """Start without anything to send.

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
        """Collect news of presence; for each client only the last entry counts."""
        for entry in news:
            self._presence[entry.client] = entry

    def due(self, at: Pace) -> float | None:
        """Return when to send something.

        Args:
            at: the room's pace.

        Returns:
            Seconds on the caller's clock, maybe in the past; None if there is nothing to send.
        """
        text = self._text_at + at.text if self._updates else None
        presence = self._presence_at + at.presence if self._presence else None
        if text is None or presence is None:
            return presence if text is None else text
        return min(text, presence)

    def flush(self, at: Pace, now: float) -> Batch:
        """Take out what to send now.

        Args:
            at: the room's pace.
            now: seconds of a monotonic clock.
        """
        update = b""
        presence: tuple[bytes, ...] = ()
        if self._updates and now >= self._text_at + at.text:
            one = len(self._updates) == 1
            update = self._updates[0] if one else self._merge(self._updates)
            self._updates = []
            self._text_at = now
        # Send presence a little early if a message goes to everybody anyway. Only a little: every
        # page sends presence back, so that each message out costs one message in.
        ahead = at.presence / 4 if update else 0.0
        if self._presence and now >= self._presence_at + at.presence - ahead:
            presence = tuple(awareness.pieces(self._presence.values()))
            self._presence = {}
            self._presence_at = now
        return Batch(update, presence)
