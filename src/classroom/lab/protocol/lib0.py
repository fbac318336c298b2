"""Parse the encoding of pages' messages (lib0) within bounds.

The parser never allocates memory for a number that a message claims. Nesting is limited, and each
length is compared with the bytes that are left.
"""

from __future__ import annotations

import json
from typing import Any

FRAME_BYTES = 64 * 1024 * 1024
"""Most bytes of a message to a room."""
DEPTH = 64
"""Most levels of nested values, and of nested types; a notebook has about eight."""
CLIENTS = 2**53
"""Upper bound of client ids (JavaScript's MAX_SAFE_INTEGER)."""
CLOCKS = 2**31
"""Upper bound of clocks: the decoder uses 32 bits, in some places with a sign."""
VALUES = 2_000_000
"""Most values in a message: each takes the decoder some 50 bytes, however short it was."""
NAME_BYTES = 64 * 1024
"""Most bytes of a root type's name, a key, or an element's name."""

Id = tuple[int, int]
"""Client and clock of a struct."""


class OutOfBoundsError(ValueError):
    """A message is out of bounds; the text says why."""


class Reader:
    """Reads bytes, and never beyond their end."""

    __slots__ = ("_at", "_data", "_end", "_values", "has_bytes", "trusted")

    def __init__(
        self, data: bytes, at: int = 0, values: int = VALUES, *, trusted: bool = False
    ) -> None:
        """Start at a position.

        Args:
            data: all bytes.
            at: the position to start at.
            values: most values.
            trusted: whether the bytes are the lab's own, whose nesting and names aren't limited.
        """
        self._data, self._at, self._end, self._values = data, at, len(data), values
        self.trusted = trusted
        self.has_bytes = False
        """Whether any value was of type bytes."""

    @property
    def at(self) -> int:
        """The position of the next byte."""
        return self._at

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return self._end - self._at

    def uint(self, below: int = CLIENTS) -> int:
        """Read a number of variable length: seven bits in each byte, the lowest first.

        Args:
            below: the upper bound, which the number must not reach; at most 2**53.

        Raises:
            OutOfBoundsError: the number is too large, or the bytes end.
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
        """Read how many items follow.

        Args:
            least: fewest bytes of an item.

        Raises:
            OutOfBoundsError: the bytes that are left can't hold so many.
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
        """Skip a number of bytes."""
        if size > self._end - self._at:
            raise OutOfBoundsError("it ends too early")
        self._at += size

    def take(self) -> bytes:
        """Read bytes that have their length in front."""
        size = self.uint()
        start = self._at
        self.skip(size)
        return self._data[start : self._at]

    def text(self, most: int = FRAME_BYTES) -> str:
        """Read text that has its length in bytes in front.

        The decoder doesn't check that it is UTF-8.

        Args:
            most: most bytes.
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
        """Skip a value of lib0's ``any``."""
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
            least: fewest bytes of a value.

        Raises:
            OutOfBoundsError: the bytes that are left can't hold so many, or the message has too
                many values.
        """
        number = self.count(least)
        self._values -= number
        if self._values < 0:
            raise OutOfBoundsError("it has too many values")
        return number

    def _integer(self) -> None:
        """Skip a signed number of variable length."""
        for at in range(self._at, min(self._end, self._at + 9)):
            if self._data[at] < 128:  # noqa: PLR2004 (the eighth bit: more to come)
                self._at = at + 1
                return
        raise OutOfBoundsError("a number has no end")

    def json(self) -> None:
        """Skip a value that is JSON text."""
        found = self.text()
        if self.trusted:
            return
        self._values -= len(found)  # at most
        if self._values < 0:
            raise OutOfBoundsError("it has too many values")
        if not is_shallow(found):
            raise OutOfBoundsError(f"JSON isn't readable, or nested more than {DEPTH} deep")

    def done(self) -> None:
        """Check that all bytes are read.

        Raises:
            OutOfBoundsError: more follows.
        """
        if self._at != self._end:
            raise OutOfBoundsError("there is more behind it")


_SHIFTS = range(7, 56, 7)
_SMALL = [bytes([number]) for number in range(128)]
_NESTS = (dict, list)
_FIXED = {127: 0, 126: 0, 124: 4, 123: 8, 122: 8, 121: 0, 120: 0}
"""Sizes in bytes of undefined, null, a float, a double, a 64 bit number, false, true."""
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
        value: a JSON value.
        depth: most levels.
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


def write_uint(number: int) -> bytes:
    """Encode a number of variable length for `Reader.uint`."""
    if number < 128:  # noqa: PLR2004 (as below)
        return _SMALL[number]
    found = bytearray()
    while number > 127:  # noqa: PLR2004 (the eighth bit: more to come)
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)
