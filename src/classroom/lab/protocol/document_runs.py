"""Define an index's records: the place of each run of elements, and the depth of each type.

Pure: plain values only.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from classroom.lab.protocol.lib0 import Id
    from classroom.lab.protocol.update_bounds import Struct


class Where(NamedTuple):
    """The place of elements.

    Attributes:
        parent: name of a root type, or id of a type.
        key: their key in a map; None elsewhere.
    """

    parent: str | Id
    key: str | None


class Runs:
    """One client's elements, in runs that are in the same place."""

    __slots__ = ("ends", "gone", "starts", "wheres")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.wheres: list[Where | None] = []
        self.gone: list[bool] = []

    def add(self, start: int, end: int, where: Where | None, *, gone: bool) -> None:
        """Add elements after the last one."""
        if self.ends and (self.ends[-1], self.wheres[-1], self.gone[-1]) == (start, where, gone):
            self.ends[-1] = end
            return
        self.starts.append(start)
        self.ends.append(end)
        self.wheres.append(where)
        self.gone.append(gone)

    def at(self, clock: int) -> int:
        """Return the number of the run that has an element; -1 if there is none."""
        found = bisect_right(self.starts, clock) - 1
        return found if found >= 0 and clock < self.ends[found] else -1

    @property
    def end(self) -> int:
        """The clock after the last element."""
        return self.ends[-1] if self.ends else 0


class Nested(NamedTuple):
    """A type.

    Attributes:
        kind: the type's kind.
        depth: how many types contain it, plus one.
    """

    kind: int
    depth: int


class Additions:
    """What an update would add to an index."""

    def __init__(self) -> None:
        self.runs: dict[int, Runs] = {}
        self.types: dict[Id | str, Nested] = {}
        self.order: list[Struct] = []
        """The update's structs, each after those that it builds on."""
        self.tail = 0
        """The position of the deletions in the update."""
        self.state: list[tuple[Struct, str | None]] = []
        """The structs that it writes into the document's state, with their keys."""
