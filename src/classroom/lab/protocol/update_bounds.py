"""Bounds on what a page sends to a document, checked before anything else reads it.

The decoder of documents (yrs, in Rust) believes what it reads: it reserves memory for as many
things as a message says that it has, it goes into nested values by recursion, and a process whose
stack overflows is gone, with everybody's documents. Here the same bytes are walked without
recursion and without keeping anything but numbers. What isn't within the bounds is refused; the
sender's connection ends, and nobody else notices.

The format is the update format v1 of Yjs (https://github.com/yjs/yjs, ``src/utils/encoding.js``,
``src/structs``) in the encoding of lib0. What the decoder knows and no page writes any more
(``ContentJSON``) is refused too.

What the lab has in a document already, of a file or of a journal, has no bounds any more: here it
is only walked, and a document that couldn't be walked nobody could write to any more.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

FRAME = 64 * 1024 * 1024
"""Bytes of a message to a room."""
DEPTH = 64
"""Levels of nested values, and of nested types; a notebook has eight or so."""
CLIENTS = 2**53
"""Client ids are below (JavaScript's MAX_SAFE_INTEGER)."""
CLOCKS = 2**31
"""Clocks are below: the decoder counts in 32 bits, some of it with a sign."""
VALUES = 2_000_000
"""Values in a message: each takes the decoder some 50 bytes, however short it was."""
STRUCTS = 200_000
"""Structs in a message: a semester's typing in one notebook is some ten thousand."""
NAME = 64 * 1024
"""Bytes of a root type's name, a key, an element's name."""

GC, DELETED, JSON, BINARY, STRING, EMBED, FORMAT, TYPE, ANY, SKIP = 0, 1, 2, 3, 4, 5, 6, 7, 8, 10
HAS_ORIGIN, HAS_RIGHT_ORIGIN, HAS_KEY = 0x80, 0x40, 0x20
ARRAY, MAP, TEXT = 0, 1, 2
"""Kinds of types that documents in JupyterLab have."""
NAMED = (3, 5)
"""Kinds of types that bring a name (XML's elements and hooks)."""
XML = 6
"""The last kind of types."""
DOC = 9

Id = tuple[int, int]
"""Client and clock of a struct."""
Range = tuple[int, int, int]
"""Elements that are deleted: their client, the first one's clock, the clock behind the last."""


class OutOfBoundsError(ValueError):
    """A message that isn't within the bounds; its text says why."""


class Struct(NamedTuple):
    """A struct of an update: some elements of a client's, side by side.

    Attributes:
        client: who made it.
        clock: of its first element.
        end: the clock behind its last one.
        kind: of its content.
        origin: id of the element that it was put behind; None for the beginning.
        right: id of the element that it was put in front of; None for the end.
        parent: name of the root type, or id of the type, that it is in; None if it doesn't say,
            and shares its neighbour's.
        key: in a map; None elsewhere.
        form: of a type its kind; of values whether there are bytes in them (`BYTES`).
        begin: where it is in the update.
        stop: the place behind it.
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
    """What an update says of itself.

    Attributes:
        structs: of each client, in the order of their clocks.
        deletes: of each client the clock behind the last element that it deletes.
        tail: where in the update begins what it deletes.
        ranges: all that it deletes, in its own order; nothing of what is trusted.
    """

    structs: dict[int, list[Struct]]
    deletes: dict[int, int]
    tail: int = 0
    ranges: tuple[Range, ...] = ()


class Reader:
    """Goes through bytes, and never behind their end."""

    __slots__ = ("_at", "_data", "_end", "_values", "has_bytes", "trusted")

    def __init__(
        self, data: bytes, at: int = 0, values: int = VALUES, *, trusted: bool = False
    ) -> None:
        """Begin.

        Args:
            data: all bytes.
            at: where to begin.
            values: how many there may be.
            trusted: whether it is the lab's own, which may be nested and named in any way.
        """
        self._data, self._at, self._end, self._values = data, at, len(data), values
        self.trusted = trusted
        self.has_bytes = False
        """Whether there were bytes among the values."""

    @property
    def at(self) -> int:
        """The place of what is read next."""
        return self._at

    @property
    def left(self) -> int:
        """How many bytes there are still."""
        return self._end - self._at

    def uint(self, below: int = CLIENTS) -> int:
        """Read a number of variable length: seven bits a byte, the lowest first.

        Args:
            below: what it must be less than; at most 2**53.

        Raises:
            OutOfBoundsError: it is more, or the bytes end.
        """
        data, at = self._data, self._at
        if at >= self._end:
            raise OutOfBoundsError("it ends too early")
        number = data[at]
        at += 1
        if number > 127:  # noqa: PLR2004 (the eighth bit: more to come)
            number &= 127
            for shift in _SHIFTS:
                if at >= self._end:
                    raise OutOfBoundsError("a number has no end")
                byte = data[at]
                at += 1
                number |= (byte & 127) << shift
                if byte < 128:  # noqa: PLR2004 (as above)
                    break
            else:
                raise OutOfBoundsError("a number has no end")
        if number >= below:
            raise OutOfBoundsError(f"{number} is too large a number")
        self._at = at
        return number

    def count(self, least: int) -> int:
        """Read how many things follow.

        Args:
            least: bytes that each of them has at least.

        Raises:
            OutOfBoundsError: so many don't fit in.
        """
        number = self.uint()
        if number * least > self._end - self._at:
            raise OutOfBoundsError(f"{number} things don't fit in")
        return number

    def byte(self) -> int:
        """Read a byte."""
        if self._at >= self._end:
            raise OutOfBoundsError("it ends too early")
        self._at += 1
        return self._data[self._at - 1]

    def skip(self, size: int) -> None:
        """Go on by a number of bytes."""
        if size > self._end - self._at:
            raise OutOfBoundsError("it ends too early")
        self._at += size

    def take(self) -> bytes:
        """Read bytes with their length in front."""
        size = self.uint()
        start = self._at
        self.skip(size)
        return self._data[start : self._at]

    def text(self, most: int = FRAME) -> str:
        """Read text with its length in bytes in front.

        The decoder takes it without looking whether it is UTF-8.

        Args:
            most: bytes.
        """
        found = self.take()
        if len(found) > most and not self.trusted:
            raise OutOfBoundsError("a name is too long")
        try:
            return found.decode()
        except UnicodeDecodeError as error:
            raise OutOfBoundsError("a text isn't UTF-8") from error

    def id(self) -> Id:
        """Read the id of a struct's element."""
        return self.uint(), self.uint(CLOCKS)

    def value(self) -> None:  # noqa: C901 (a branch for each kind)
        """Go past a value of lib0's ``any``."""
        left, keyed = [1], [False]
        while left:
            if not left[-1]:
                left.pop()
                keyed.pop()
                continue
            left[-1] -= 1
            if keyed[-1]:
                self.text()
            kind = self.byte()
            if kind in _FIXED:
                self._at += _FIXED[kind]
            elif kind == _TEXT:
                self.text()
            elif kind == _INTEGER:
                self._integer()
            elif kind == BYTES:
                self.skip(self.uint())
                self.has_bytes = True
            elif kind in (_LIST, _MAP):
                if len(left) > DEPTH and not self.trusted:
                    raise OutOfBoundsError(f"values are nested more than {DEPTH} deep")
                keyed.append(kind == _MAP)
                left.append(self.values(1 + (kind == _MAP)))
            else:
                raise OutOfBoundsError(f"there is no kind {kind} of values")
        if self._at > self._end:
            raise OutOfBoundsError("it ends too early")

    def values(self, least: int = 1) -> int:
        """Read how many values follow.

        Args:
            least: bytes that each of them has at least.

        Raises:
            OutOfBoundsError: so many don't fit in, or they are too many altogether.
        """
        number = self.count(least)
        self._values -= number
        if self._values < 0:
            raise OutOfBoundsError("it has too many values")
        return number

    def _integer(self) -> None:
        """Go past a signed number of variable length."""
        for at in range(self._at, min(self._end, self._at + 9)):
            if self._data[at] < 128:  # noqa: PLR2004 (the eighth bit: more to come)
                self._at = at + 1
                return
        raise OutOfBoundsError("a number has no end")

    def json(self) -> None:
        """Go past a value that is JSON text."""
        found = self.text()
        if self.trusted:
            return
        self._values -= len(found)  # at most
        if self._values < 0:
            raise OutOfBoundsError("it has too many values")
        if not is_shallow(found):
            raise OutOfBoundsError(f"JSON isn't readable, or nested more than {DEPTH} deep")

    def done(self) -> None:
        """Be at the end.

        Raises:
            OutOfBoundsError: more follows.
        """
        if self._at != self._end:
            raise OutOfBoundsError("there is more behind it")


_SHIFTS = range(7, 56, 7)
_SMALL = [bytes([number]) for number in range(128)]
_NESTS = (dict, list)
_FIXED = {127: 0, 126: 0, 124: 4, 123: 8, 122: 8, 121: 0, 120: 0}
"""Bytes of undefined, null, a float, a double, a 64 bit number, false, true."""
_INTEGER, _TEXT, _MAP, _LIST, BYTES = 125, 119, 118, 117, 116


def is_shallow(text: str | bytes) -> bool:
    """Say whether a text is JSON whose values aren't nested too deep."""
    try:
        return is_flat(json.loads(text))
    except (ValueError, RecursionError):
        return False


def is_flat(value: Any, depth: int = DEPTH) -> bool:
    """Say whether a value isn't nested too deep.

    Args:
        value: of JSON.
        depth: how many levels there may be.
    """
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return True
    if not depth:
        return False
    for one in value:  # noqa: SIM110 (for each message, and each value of a file)
        if isinstance(one, _NESTS) and not is_flat(one, depth - 1):
            return False
    return True


def read_state(state: bytes) -> dict[int, int]:
    """Read a state vector: what a page has of each client's.

    Args:
        state: without the message's head.

    Returns:
        The clock behind the last element, by client.

    Raises:
        OutOfBoundsError: it isn't one.
    """
    reader = Reader(state)
    count = reader.count(2)
    if count > STRUCTS:
        raise OutOfBoundsError("it has too many clients")
    found = {reader.uint(): reader.uint(CLOCKS) for _ in range(count)}
    reader.done()
    return found


def write_uint(number: int) -> bytes:
    """Write a number of variable length, as `Reader.uint` reads it."""
    if number < 128:  # noqa: PLR2004 (as below)
        return _SMALL[number]
    found = bytearray()
    while number > 127:  # noqa: PLR2004 (the eighth bit: more to come)
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)


def write_state(state: dict[int, int]) -> bytes:
    """Write a state vector, as `read_state` reads it."""
    numbers = (len(state), *(one for item in state.items() for one in item))
    return b"".join(map(write_uint, numbers))


def read_update(update: bytes, structs: int = STRUCTS, *, trusted: bool = False) -> Update:
    """Read what an update brings, without its content.

    Args:
        update: without the message's head.
        structs: how many it may have.
        trusted: whether it is the lab's own, which may have any number of anything.

    Raises:
        OutOfBoundsError: it isn't one, or not within the bounds.
    """
    if not trusted and len(update) > FRAME:
        raise OutOfBoundsError(f"it is longer than {FRAME} bytes")
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
    """Read what an update of the lab's own deletes that has nothing else.

    Args:
        update: as ``doc.get_update(doc.get_state())`` returns it.

    Raises:
        OutOfBoundsError: it isn't one.
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
        parent = reader.text(NAME) if reader.uint(2) else reader.id()
        if info & HAS_KEY:
            key = reader.text(NAME)
    kind, end = info & 31, clock + 1
    if kind == TYPE:
        form = reader.uint(XML + 1)
        if form in NAMED:
            reader.text(NAME)
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
        # Counted as JavaScript does, in UTF-16.
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
        reader.text(NAME)
        reader.json()
    elif kind == EMBED:
        reader.json()
    elif kind == BINARY:
        reader.skip(reader.uint())
        reader.has_bytes = True
    elif kind == DOC:
        reader.text(NAME)
        reader.value()
    else:
        raise OutOfBoundsError(f"no page writes content of kind {kind}")
    return 1


def _deletes(reader: Reader, ranges: int) -> Iterator[Range]:
    """Read what an update deletes, in so many ranges at most."""
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
