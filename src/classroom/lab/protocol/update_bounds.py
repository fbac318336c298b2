"""Check that a page's update to a document is within bounds, before anything else reads it.

The decoder of documents (yrs, in Rust) trusts its input: it allocates memory for as many items as a
message claims, and uses recursion for nested values. A stack overflow ends the process, with
everybody's documents. This module walks the same bytes without recursion, and keeps only numbers.
It rejects what is out of bounds; the lab closes the sender's connection, and nobody else notices.

The format is the update format v1 of Yjs (https://github.com/yjs/yjs, ``src/utils/encoding.js``,
``src/structs``) in the encoding of lib0. What the decoder knows and no page writes any more
(``ContentJSON``) is rejected, too.

The lab's own updates, from a file or a journal, have no bounds: they are only walked. Otherwise
nobody could write to a document that exceeds the bounds already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from classroom.lab.protocol.lib0 import (
    BYTES,
    CLOCKS,
    FRAME_BYTES,
    NAME_BYTES,
    VALUES,
    OutOfBoundsError,
    Reader,
    write_uint,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classroom.lab.protocol.lib0 import Id

STRUCTS = 200_000
"""Most structs in a message: a semester's typing in one notebook makes some ten thousand."""
GC, DELETED, JSON, BINARY, STRING, EMBED, FORMAT, TYPE, ANY, SKIP = 0, 1, 2, 3, 4, 5, 6, 7, 8, 10
HAS_ORIGIN, HAS_RIGHT_ORIGIN, HAS_KEY = 0x80, 0x40, 0x20
ARRAY, MAP, TEXT = 0, 1, 2
"""Kinds of types in JupyterLab's documents."""
NAMED = (3, 5)
"""Kinds of types that have a name (XML's elements and hooks)."""
XML = 6
"""The highest kind of types."""
DOC = 9

Range = tuple[int, int, int]
"""Deleted elements: their client, the first one's clock, and the clock after the last one."""


class Struct(NamedTuple):
    """A struct of an update: some neighbouring elements of one client.

    Attributes:
        client: the client that made it.
        clock: the clock of its first element.
        end: the clock after its last element.
        kind: the kind of its content.
        origin: id of the element that it was inserted after; None for the beginning.
        right: id of the element that it was inserted before; None for the end.
        parent: name of the root type, or id of the type, that contains it; None if it shares its
            neighbour's.
        key: its key in a map; None elsewhere.
        form: for a type, its kind; for values, `BYTES` if there are bytes among them.
        begin: its position in the update.
        stop: the position after it.
    """

    client: int
    clock: int
    end: int
    kind: int
    origin: Id | None = None
    right: Id | None = None
    parent: str | Id | None = None
    key: str | None = None
    form: int | None = None
    begin: int = 0
    stop: int = 0


class Update(NamedTuple):
    """A parsed update.

    Attributes:
        structs: each client's structs, in the order of their clocks.
        deletes: for each client, the clock after the last deleted element.
        tail: the position of the deletions in the update.
        ranges: all deleted ranges, in the update's order; empty for a trusted update.
    """

    structs: dict[int, list[Struct]]
    deletes: dict[int, int]
    tail: int = 0
    ranges: tuple[Range, ...] = ()


def read_state(state: bytes) -> dict[int, int]:
    """Parse a state vector: what a page has of each client.

    Args:
        state: the state vector, without a message's head.

    Returns:
        The clock after the last element, by client.

    Raises:
        OutOfBoundsError: it is invalid.
    """
    reader = Reader(state)
    count = reader.count(2)
    if count > STRUCTS:
        raise OutOfBoundsError("it has too many clients")
    found = {reader.uint(): reader.uint(CLOCKS) for _ in range(count)}
    reader.done()
    return found


def write_state(state: dict[int, int]) -> bytes:
    """Encode a state vector for `read_state`."""
    numbers = (len(state), *(one for item in state.items() for one in item))
    return b"".join(map(write_uint, numbers))


def read_update(update: bytes, structs: int = STRUCTS, *, trusted: bool = False) -> Update:
    """Parse an update, without its content.

    Args:
        update: the update, without a message's head.
        structs: most structs.
        trusted: whether it is the lab's own, which has no limits.

    Raises:
        OutOfBoundsError: it is invalid, or out of bounds.
    """
    if not trusted and len(update) > FRAME_BYTES:
        raise OutOfBoundsError(f"it is longer than {FRAME_BYTES} bytes")
    most = len(update) if trusted else VALUES
    reader = Reader(update, values=most, trusted=trusted)
    found: dict[int, list[Struct]] = {}
    structs = len(update) if trusted else structs
    for _ in range(reader.count(4)):
        count = reader.count(2)
        structs -= count
        if not count or structs < 0:
            raise OutOfBoundsError("it has too few or too many structs")
        client, clock = reader.id()
        if client in found:
            raise OutOfBoundsError("it names a client twice")
        listed = found[client] = []
        for _ in range(count):
            struct = _struct(reader, client, clock)
            listed.append(struct)
            clock = struct.end
            if clock >= CLOCKS:
                raise OutOfBoundsError("a clock is too large")
    tail, deletes, ranges = reader.at, dict[int, int](), list[Range]()
    for one in _deletes(reader, len(update) if trusted else STRUCTS):
        deletes[one[0]] = max(one[2], deletes.get(one[0], 0))
        if not trusted:
            ranges.append(one)
    reader.done()
    return Update(found, deletes, tail, tuple(ranges))


def read_deleted(update: bytes) -> list[Range]:
    """Parse the deletions of an update of the lab's own that has nothing else.

    Args:
        update: the result of ``doc.get_update(doc.get_state())``.

    Raises:
        OutOfBoundsError: it is invalid.
    """
    reader = Reader(update, trusted=True)
    reader.uint(1)
    found = list(_deletes(reader, len(update)))
    reader.done()
    return found


def _struct(reader: Reader, client: int, clock: int) -> Struct:
    """Read a struct."""
    begin, info = reader.at, reader.byte()
    if info in (GC, SKIP):
        end = clock + _length(reader)
        return Struct(client, clock, end, info, begin=begin, stop=reader.at)
    origin = reader.id() if info & HAS_ORIGIN else None
    right = reader.id() if info & HAS_RIGHT_ORIGIN else None
    parent: str | Id | None = None
    key = form = None
    if origin is None and right is None:
        parent = reader.text(NAME_BYTES) if reader.uint(2) else reader.id()
        if info & HAS_KEY:
            key = reader.text(NAME_BYTES)
    kind, end = info & 31, clock + 1
    if kind == TYPE:
        form = reader.uint(XML + 1)
        if form in NAMED:
            reader.text(NAME_BYTES)
    else:
        reader.has_bytes = False
        end = clock + _content(reader, kind)
        form = BYTES if reader.has_bytes else None
    return Struct(client, clock, end, kind, origin, right, parent, key, form, begin, reader.at)


def _length(reader: Reader) -> int:
    length = reader.uint(CLOCKS)
    if not length:
        raise OutOfBoundsError("a struct has no length")
    return length


def _content(reader: Reader, kind: int) -> int:  # noqa: C901 (a branch for each kind)
    """Read a struct's content; return its length."""
    if kind == STRING:
        text = reader.text()
        if not text:
            raise OutOfBoundsError("a text is empty")
        # Count UTF-16 units, as JavaScript does.
        return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
    if kind == ANY:
        count = reader.values()
        if not count:
            raise OutOfBoundsError("a list of values is empty")
        for _ in range(count):
            reader.value()
        return count
    if kind == DELETED:
        return _length(reader)
    if kind == JSON and reader.trusted:
        return len([reader.text() for _ in range(reader.count(1))])
    if kind == FORMAT:
        reader.text(NAME_BYTES)
        reader.json()
    elif kind == EMBED:
        reader.json()
    elif kind == BINARY:
        reader.skip(reader.uint())
        reader.has_bytes = True
    elif kind == DOC:
        reader.text(NAME_BYTES)
        reader.value()
    else:
        raise OutOfBoundsError(f"no page writes content of kind {kind}")
    return 1


def _deletes(reader: Reader, ranges: int) -> Iterator[Range]:
    """Read an update's deleted ranges, at most `ranges` of them."""
    clients = set()
    for _ in range(reader.count(3)):
        client = reader.uint()
        if client in clients:
            raise OutOfBoundsError("it names a client twice")
        clients.add(client)
        count = reader.count(2)
        ranges -= count
        if not count or ranges < 0:
            raise OutOfBoundsError("it deletes nothing, or too much")
        for _ in range(count):
            clock = reader.uint(CLOCKS)
            end = clock + _length(reader)
            if end >= CLOCKS:
                raise OutOfBoundsError("a clock is too large")
            yield client, clock, end
