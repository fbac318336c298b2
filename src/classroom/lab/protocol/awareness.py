"""The awareness protocol, as far as a relay needs it: find the news without parsing the states.

An update is a list of entries: client id, clock and state, the state as JSON text or ``null``
(https://github.com/yjs/y-protocols/blob/master/PROTOCOL.md). y-websocket's client sends every
update of other clients back to the server. If a relay passed these on again, every move of a cursor
would cost the square of the people in a room. The relay recognizes them by their clocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.lab.protocol.lib0 import OutOfBoundsError, Reader, write_uint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

AWARENESS = 1
"""The message type, first byte of a message (y-websocket)."""
LONGEST_BYTES = 256 * 1024
"""Most bytes of a message that is parsed."""
PIECE_BYTES = 32 * 1024
"""Most bytes of a message to pages that has more than one client. A page sends it back in its own
encoding, in which a number from Python may have four times as many digits."""
ECHO_BYTES = 4 * LONGEST_BYTES
"""Most bytes of a message that may be an echo."""
HEAD_BYTES = 32
"""Most bytes of an entry before its state, including the head of its message."""
ENTRY_BYTES = 3
"""Fewest bytes of an entry."""
NULL = b"null"
FORGET_SECONDS = 600
"""How long to remember a client that has left, so that a late echo doesn't bring it back."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A client's awareness.

    Attributes:
        client: the client's id, a new one for each page.
        clock: counts the client's states.
        state: JSON text, never decoded here; ``null`` when the client leaves.
    """

    client: int
    clock: int
    state: bytes

    @property
    def gone(self) -> bool:
        """Whether the client leaves."""
        return self.state == NULL


LARGEST = 2**53 - 1
"""The largest number that pages can read (JavaScript's MAX_SAFE_INTEGER): lib0 throws beyond."""


def parse(message: bytes) -> list[Entry]:
    """Parse an awareness message.

    Args:
        message: the message, with its type in front.

    Raises:
        OutOfBoundsError: it is invalid, or has a number that no page can read. Such a number would
            end the awareness of every page that gets it.
    """
    if message[:1] != bytes([AWARENESS]):
        raise OutOfBoundsError("it is another kind of message")
    reader = Reader(message, 1)
    update = reader.take()
    reader.done()
    return parse_update(update)


def parse_update(update: bytes) -> list[Entry]:
    """Parse an awareness update, which has no message's head.

    Raises:
        OutOfBoundsError: it is invalid.
    """
    reader = Reader(update)
    entries = [
        Entry(reader.uint(), reader.uint(), reader.take()) for _ in range(reader.count(ENTRY_BYTES))
    ]
    reader.done()
    return entries


def encode_update(entries: Iterable[Entry]) -> bytes:
    """Encode entries as an update, without the message's head."""
    listed = list(entries)
    parts = [write_uint(len(listed))]
    for entry in listed:
        parts += (
            write_uint(entry.client),
            write_uint(entry.clock),
            write_uint(len(entry.state)),
            entry.state,
        )
    return b"".join(parts)


def encode(entries: Iterable[Entry]) -> bytes:
    """Encode entries as an awareness message."""
    update = encode_update(entries)
    return bytes([AWARENESS]) + write_uint(len(update)) + update


def pieces(entries: Iterable[Entry]) -> list[bytes]:
    """Encode entries as several short messages: every page sends each of them back.

    Args:
        entries: the entries, in the order of sending.
    """
    found: list[list[Entry]] = []
    left = 0
    for entry in entries:
        size = len(entry.state) + HEAD_BYTES
        if not found or size > left:
            found.append([])
            left = PIECE_BYTES
        found[-1].append(entry)
        left -= size
    return [encode(piece) for piece in found]


def may_be_echo(message: bytes) -> bool:
    """Say whether a message that is too long may be an echo of the lab's messages.

    Args:
        message: the received message.
    """
    if len(message) > ECHO_BYTES:
        return False
    try:
        return all(len(entry.state) <= LONGEST_BYTES for entry in parse(message))
    except OutOfBoundsError:
        return False


class Known:
    """The last awareness of each client in a room, which shows what is news.

    The rule is that of y-protocols' ``applyAwarenessUpdate``: news has a higher clock, or the same
    clock with ``null`` for a client that is there. For an unknown client, any clock but 0 is news.
    """

    def __init__(self) -> None:
        self._last: dict[int, Entry] = {}
        self._left: dict[int, float] = {}

    def __iter__(self) -> Iterator[Entry]:
        """Iterate over the clients that are there."""
        return (entry for entry in self._last.values() if not entry.gone)

    def __len__(self) -> int:
        """Count the remembered clients, there or not."""
        return len(self._last)

    @property
    def remembered(self) -> Iterable[int]:
        """The ids of the remembered clients, there or not."""
        return self._last.keys()

    def is_news(self, entry: Entry) -> bool:
        """Say whether an entry is news."""
        last = self._last.get(entry.client)
        if last is None:
            return entry.clock > 0
        return entry.clock > last.clock or (
            entry.clock == last.clock and entry.gone and not last.gone
        )

    def take(self, entries: Iterable[Entry], now: float) -> list[Entry]:
        """Remember the news among some entries.

        Args:
            entries: the received entries.
            now: seconds of a monotonic clock.

        Returns:
            The news, in the order received.
        """
        news = []
        for entry in entries:
            if not self.is_news(entry):
                continue
            self._last[entry.client] = entry
            self._left.pop(entry.client, None)
            if entry.gone:
                self._left[entry.client] = now  # last, so that the order is that of leaving
            news.append(entry)
        return news

    def leave(self, clients: Iterable[int], now: float) -> list[Entry]:
        """Mark clients as gone whose connection has ended without a message.

        Args:
            clients: the clients' ids.
            now: seconds of the same clock.

        Returns:
            The news for the others.
        """
        there = (self._last.get(client) for client in clients)
        gone = [Entry(last.client, last.clock, NULL) for last in there if last and not last.gone]
        return self.take(gone, now)

    def forget(self, now: float) -> bool:
        """Forget clients that left long ago.

        Args:
            now: seconds of the same clock.

        Returns:
            Whether any client was forgotten.
        """
        before = len(self._left)
        for client, left in list(self._left.items()):
            if now - left < FORGET_SECONDS:
                break
            del self._left[client], self._last[client]
        return len(self._left) < before
