"""What is known of a document: in which type each run of its elements is, and each type how deep.

Pure: plain values only.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from classroom.lab.protocol.lib0 import Id
    from classroom.lab.protocol.update_bounds import Struct


class Where(NamedTuple):
    """What elements are in.

    Attributes:
        parent: name of a root type, or id of a type.
        key: in a map.
    """

    parent: str | Id
    key: str | None


class Runs:
    """What one client has made: runs of elements that are in the same place."""

    __slots__ = ("ends", "gone", "starts", "wheres")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.wheres: list[Where | None] = []
        self.gone: list[bool] = []

    def add(self, start: int, end: int, where: Where | None, *, gone: bool) -> None:
        """Add elements behind the last."""
        if self.ends and (self.ends[-1], self.wheres[-1], self.gone[-1]) == (start, where, gone):
            self.ends[-1] = end
            return
        self.starts.append(start)
        self.ends.append(end)
        self.wheres.append(where)
        self.gone.append(gone)

    def at(self, clock: int) -> int:
        """Find the run that has an element; -1 for none."""
        found = bisect_right(self.starts, clock) - 1
        return found if found >= 0 and clock < self.ends[found] else -1

    @property
    def end(self) -> int:
        """The clock behind the last."""
        return self.ends[-1] if self.ends else 0


class Nested(NamedTuple):
    """A type.

    Attributes:
        kind: of its own.
        depth: how many types it is in, and itself.
    """

    kind: int
    depth: int


class Additions:
    """What an update would add to an index."""

    def __init__(self) -> None:
        self.runs: dict[int, Runs] = {}
        self.types: dict[Id | str, Nested] = {}
        self.order: list[Struct] = []
        """Its structs, each behind all that it builds on."""
        self.tail = 0
        """Where in the update begins what it deletes."""
        self.state: list[tuple[Struct, str | None]] = []
        """What it writes into the document's state, and under which keys."""
