"""The awareness protocol, as far as a relay needs it: who says what is news, without reading it.

An update is a list of entries: client id, clock and state, the state as JSON text or ``null``
(https://github.com/yjs/y-protocols/blob/master/PROTOCOL.md). y-websocket's client sends every
update of somebody else back to the server; a relay that passes those on again costs the square of
the people in a room for every move of a cursor. They are known by their clocks.
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
"""Bytes of a message that is read."""
PIECE_BYTES = 32 * 1024
"""Bytes of a message that is told, if it is of more than one client. A page sends it back, written
in its own way: a number of Python's may have four times as many digits there."""
ECHO_BYTES = 4 * LONGEST_BYTES
"""Bytes of a message that may yet be what a page sends back."""
HEAD_BYTES = 32
"""Bytes, at most, that an entry has before its state, with what its message has before that."""
ENTRY_BYTES = 3
"""Bytes that an entry has at least."""
NULL = b"null"
FORGET_SECONDS = 600
"""How long somebody who left is remembered, so that a late echo doesn't bring them back."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a client says of itself.

    Attributes:
        client: its id, a new one for each page.
        clock: counts what it has said.
        state: JSON text, never decoded here; ``null`` when it leaves.
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
    """Read an awareness message.

    Args:
        message: with its type in front.

    Raises:
        OutOfBoundsError: it isn't one, or has a number that no page could read: told to everybody,
            it would end what they hear of all the others.
    """
    if message[:1] != bytes([AWARENESS]):
        raise OutOfBoundsError("it is another kind of message")
    reader = Reader(message, 1)
    update = reader.take()
    reader.done()
    return parse_update(update)


def parse_update(update: bytes) -> list[Entry]:
    """Read an awareness update, without the message's head.

    Raises:
        OutOfBoundsError: it isn't one.
    """
    reader = Reader(update)
    entries = [
        Entry(reader.uint(), reader.uint(), reader.take()) for _ in range(reader.count(ENTRY_BYTES))
    ]
    reader.done()
    return entries


def encode_update(entries: Iterable[Entry]) -> bytes:
    """Write entries as an update, without the message's head."""
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
    """Write an awareness message."""
    update = encode_update(entries)
    return bytes([AWARENESS]) + write_uint(len(update)) + update


def pieces(entries: Iterable[Entry]) -> list[bytes]:
    """Write entries as messages, none of which is long: each comes back from every page.

    Args:
        entries: in the order in which they are told.
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
    """Say of a message that is too long whether it may be what a page was told, sent back.

    Args:
        message: as received.
    """
    if len(message) > ECHO_BYTES:
        return False
    try:
        return all(len(entry.state) <= LONGEST_BYTES for entry in parse(message))
    except OutOfBoundsError:
        return False


class Known:
    """What a room knows of everybody's presence, and with it what is news.

    The rule is that of y-protocols' ``applyAwarenessUpdate``: a higher clock, or the same clock
    with ``null`` for somebody who is there. Of somebody unknown, any clock but 0.
    """

    def __init__(self) -> None:
        self._last: dict[int, Entry] = {}
        self._left: dict[int, float] = {}

    def __iter__(self) -> Iterator[Entry]:
        """Go through everybody who is there."""
        return (entry for entry in self._last.values() if not entry.gone)

    def __len__(self) -> int:
        """Count everybody who is remembered, there or not."""
        return len(self._last)

    @property
    def remembered(self) -> Iterable[int]:
        """The ids of everybody who is remembered, there or not."""
        return self._last.keys()

    def is_news(self, entry: Entry) -> bool:
        """Say whether an entry tells anything new."""
        last = self._last.get(entry.client)
        if last is None:
            return entry.clock > 0
        return entry.clock > last.clock or (
            entry.clock == last.clock and entry.gone and not last.gone
        )

    def take(self, entries: Iterable[Entry], now: float) -> list[Entry]:
        """Take over what is news.

        Args:
            entries: as received.
            now: seconds, of any clock that doesn't go back.

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
                self._left[entry.client] = now  # at the end: in the order of leaving
            news.append(entry)
        return news

    def leave(self, clients: Iterable[int], now: float) -> list[Entry]:
        """Let clients leave whose connection has ended without a word.

        Args:
            clients: their ids.
            now: seconds.

        Returns:
            The news to tell the others.
        """
        there = (self._last.get(client) for client in clients)
        gone = [Entry(last.client, last.clock, NULL) for last in there if last and not last.gone]
        return self.take(gone, now)

    def forget(self, now: float) -> bool:
        """Forget those who left long ago.

        Args:
            now: seconds.

        Returns:
            Whether anybody was.
        """
        before = len(self._left)
        for client, left in list(self._left.items()):
            if now - left < FORGET_SECONDS:
                break
            del self._left[client], self._last[client]
        return len(self._left) < before
