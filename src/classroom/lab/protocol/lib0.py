"""The encoding of pages' messages (lib0), read within bounds.

Nothing is reserved for as many things as a message says that it has, nesting has a bound, and each
length is held against the bytes that are left.
"""

from __future__ import annotations

import json
from typing import Any

FRAME_BYTES = 64 * 1024 * 1024
"""Bytes of a message to a room."""
DEPTH = 64
"""Levels of nested values, and of nested types; a notebook has eight or so."""
CLIENTS = 2**53
"""Client ids are below (JavaScript's MAX_SAFE_INTEGER)."""
CLOCKS = 2**31
"""Clocks are below: the decoder counts in 32 bits, some of it with a sign."""
VALUES = 2_000_000
"""Values in a message: each takes the decoder some 50 bytes, however short it was."""
NAME_BYTES = 64 * 1024
"""Bytes of a root type's name, a key, an element's name."""

Id = tuple[int, int]
"""Client and clock of a struct."""


class OutOfBoundsError(ValueError):
    """A message that isn't within the bounds; its text says why."""


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

    def text(self, most: int = FRAME_BYTES) -> str:
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
        value: a JSON value.
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
