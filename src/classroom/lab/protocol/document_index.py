"""Where everything in a document is: what an update refers to must be there, and fit together.

The decoder of documents (yrs) believes that what stands beside each other is in the same type, and
that what is named as a type is one; where that isn't so, it reads and writes memory that isn't its
own. This is the least that has to be known of a document to see that an update keeps to it: for
each run of elements the type that they are in, and for each type how deep.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from classroom.lab.protocol.lib0 import BYTES, DEPTH, OutOfBoundsError
from classroom.lab.protocol.state_fields import STATE, is_lasting
from classroom.lab.protocol.update_bounds import (
    ANY,
    ARRAY,
    BINARY,
    DELETED,
    EMBED,
    FORMAT,
    GC,
    MAP,
    SKIP,
    STRING,
    TEXT,
    TYPE,
    read_update,
    write_state,
)

if TYPE_CHECKING:
    from classroom.lab.protocol.lib0 import Id
    from classroom.lab.protocol.update_bounds import Struct, Update


HOLDS = {
    ARRAY: {ANY, BINARY, DELETED, TYPE},
    MAP: {ANY, BINARY, DELETED, TYPE},
    TEXT: {DELETED, EMBED, FORMAT, STRING, TYPE},
}
"""What may be in a type: of anything else the decoder's idea of how long it is comes out wrong."""
CELLS = "cells"
"""The root type that makes a document a notebook: it holds maps, and there are no bytes in it."""
ROOTS = 64
"""Root types in a document; a notebook has three."""


class MissingError(Exception):
    """An update builds on what isn't there (yet)."""


class KnownError(Exception):
    """An update brings what is there already; it has to be made without that."""


class NoTypeError(OutOfBoundsError):
    """An update puts something into what is no type: it may be of another copy of the file."""


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
        """Have none."""
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
        """Begin with nothing."""
        self.runs: dict[int, Runs] = {}
        self.types: dict[Id | str, Nested] = {}
        self.order: list[Struct] = []
        """Its structs, each behind all that it builds on."""
        self.tail = 0
        """Where in the update begins what it deletes."""
        self.state: list[tuple[Struct, str | None]] = []
        """What it writes into the document's state, and under which keys."""


class Index:
    """Of one document."""

    def __init__(self, roots: dict[str, int]) -> None:
        """Begin with nothing known.

        Args:
            roots: kinds of its root types.
        """
        self._runs: dict[int, Runs] = {}
        self._types: dict[Id | str, Nested] = {
            name: Nested(kind, 0) for name, kind in roots.items()
        }
        self.size = 0
        """How much was taken over, about: runs and types."""
        self.lasting: dict[str | None, Id] = {}
        """What the document's state has under the keys that no page may delete."""

    def replace(self, fresh: Index) -> None:
        """Be what another of the same document is."""
        self._runs, self._types, self.size = fresh._runs, fresh._types, fresh.size
        self.lasting = fresh.lasting

    def judge(self, update: Update) -> Additions:
        """Find out whether an update fits to the document.

        Args:
            update: as read.

        Returns:
            What to `add` once it has been applied.

        Raises:
            KnownError: it brings what is there already.
            MissingError: it builds on what isn't there.
            OutOfBoundsError: it doesn't fit.
        """
        return _Judgement(self._runs, self._types).judge(update)

    def state(self) -> bytes:
        """Return the state vector of what is known."""
        return write_state({client: runs.end for client, runs in self._runs.items()})

    def learn(self, update: bytes) -> None:
        """Take over what the document has, as it says itself."""
        found = read_update(update, trusted=True)
        self.add(_Judgement(self._runs, self._types, trusted=True).judge(found))

    def end(self, client: int) -> int:
        """Return the clock behind a client's last element."""
        known = self._runs.get(client)
        return known.end if known is not None else 0

    def add(self, more: Additions) -> None:
        """Take over what was applied; what is known already stays as it is."""
        self.size += len(more.types)
        for client, runs in more.runs.items():
            known = self._runs.setdefault(client, Runs())
            before = len(known.starts)
            for at, start in enumerate(runs.starts):
                if runs.ends[at] > known.end:
                    known.add(
                        max(start, known.end), runs.ends[at], runs.wheres[at], gone=runs.gone[at]
                    )
            self.size += len(known.starts) - before  # who types on makes the last one longer
        self._types.update(more.types)
        for struct, key in more.state:
            if is_lasting(key) and struct.kind != DELETED:
                self.lasting[key] = struct.client, struct.clock


class Wanted(NamedTuple):
    """How far a client's structs are to be gone through.

    Attributes:
        client: the id.
        clock: up to which element; None for all.
    """

    client: int
    clock: int | None


class _Judgement:
    """Of one update."""

    def __init__(
        self, runs: dict[int, Runs], types: dict[Id | str, Nested], *, trusted: bool = False
    ) -> None:
        self._runs, self._types, self._trusted = runs, types, trusted
        self._more = Additions()
        self._left: dict[int, list[Struct]] = {}

    def judge(self, update: Update) -> Additions:
        """Go through it."""
        self._more.tail = update.tail
        # From the end, where a list is shortened at no cost.
        self._left = {client: structs[::-1] for client, structs in update.structs.items()}
        for client in update.structs:
            try:
                self._client(client)
            except (MissingError, OutOfBoundsError):
                if not self._trusted:
                    raise
        for client, end in update.deletes.items():
            if end > self._end(client) and not self._trusted:
                raise MissingError
        return self._more

    def _client(self, first: int) -> None:
        """Go through a client's structs, and before each through what it builds on.

        Of another client only as far as it is needed: what comes behind may build on this one's.
        """
        # The set: a chain of clients may be as long as a message.
        stack, entered = [Wanted(first, None)], {first}
        while stack:
            client, clock = stack[-1]
            left = self._left[client]
            while left and (clock is None or self._end(client) <= clock):
                needed = self._lacking(left[-1])
                if needed is not None:
                    other = needed[0]
                    if not self._left.get(other):
                        raise MissingError
                    if other in entered:
                        raise OutOfBoundsError("it builds on itself")
                    stack.append(Wanted(*needed))
                    entered.add(other)
                    break
                self._take(left.pop())
            else:
                entered.remove(client)
                stack.pop()

    def _end(self, client: int) -> int:
        more = self._more.runs.get(client)
        if more is not None and more.ends:
            return more.end
        known = self._runs.get(client)
        return known.end if known is not None else 0

    def _lacking(self, struct: Struct) -> Id | None:
        """Return an element that a struct builds on and that isn't there."""
        if struct.clock > self._end(struct.client):
            raise MissingError
        parent = struct.parent if isinstance(struct.parent, tuple) else None
        for needed in (struct.origin, struct.right, parent):
            if needed is None or needed[1] < self._end(needed[0]):
                continue
            if needed[0] == struct.client and needed[1] >= struct.clock:
                raise OutOfBoundsError("it builds on itself")
            return needed
        return None

    def _at(self, needed: Id) -> tuple[Where | None, bool]:
        """Find an element that is there: where it is, and whether it has no content any more."""
        client, clock = needed
        for runs in (self._more.runs.get(client), self._runs.get(client)):
            if runs is not None and (at := runs.at(clock)) >= 0:
                return runs.wheres[at], runs.gone[at]
        return None, True

    def _take(self, struct: Struct) -> None:
        """Take note of a struct all of whose neighbours are there."""
        known = self._end(struct.client)
        if struct.clock < known:
            if not self._trusted:
                raise KnownError
            if struct.end <= known:
                return
        if struct.kind == SKIP and not self._trusted:
            raise OutOfBoundsError("it leaves something out")
        self._more.order.append(struct)
        where = None if struct.kind in (GC, SKIP) else self._where(struct)
        if where is not None and where.parent == STATE:
            self._more.state.append((struct, where.key))
        above = self._above(where, struct)
        runs = self._more.runs.setdefault(struct.client, Runs())
        runs.add(known, struct.end, where, gone=struct.kind in (DELETED, GC, SKIP))
        if struct.kind == TYPE:
            depth = above.depth + 1 if above is not None else 1
            if depth > DEPTH and not self._trusted:
                raise OutOfBoundsError(f"types are nested more than {DEPTH} deep")
            self._more.types[struct.client, struct.clock] = Nested(struct.form or 0, depth)

    def _above(self, where: Where | None, struct: Struct) -> Nested | None:
        """Find the type that a struct is put into, which must be one that can hold it."""
        if where is None:
            return None
        above = self._type(where.parent)
        if above is None:
            above = self._begin(where, struct)
        if self._trusted:
            return above
        if struct.kind == TYPE and struct.form not in HOLDS:
            raise OutOfBoundsError("no document here has such types")
        in_map = where.key is not None
        if (
            struct.kind not in HOLDS[above.kind]
            or in_map != (above.kind == MAP)
            or (in_map and struct.kind == ANY and struct.end - struct.clock > 1)
        ):
            raise OutOfBoundsError("it puts something where it can't be")
        if CELLS in self._types:
            is_cell = struct.kind == DELETED or (struct.kind == TYPE and struct.form == MAP)
            if struct.form == BYTES or (where.parent == CELLS and not is_cell):
                raise OutOfBoundsError("no notebook has such cells")
        return above

    def _begin(self, where: Where, struct: Struct) -> Nested:
        """Take note of a root type that nobody has used before: what it is shows by its use."""
        if not isinstance(where.parent, str):
            raise OutOfBoundsError("it is in what is no type")
        if sum(isinstance(name, str) for name in (*self._types, *self._more.types)) >= ROOTS:
            raise OutOfBoundsError(f"it has more than {ROOTS} root types")
        text = struct.kind in (EMBED, FORMAT, STRING)
        kind = MAP if where.key is not None else TEXT if text else ARRAY
        found = self._more.types[where.parent] = Nested(kind, 0)
        return found

    def _type(self, ident: Id | str) -> Nested | None:
        found = self._more.types.get(ident)
        return self._types.get(ident) if found is None else found

    def _where(self, struct: Struct) -> Where | None:
        """Find what a struct is in; None if that is gone already."""
        if struct.parent is not None:
            if isinstance(struct.parent, tuple) and self._type(struct.parent) is None:
                if not self._at(struct.parent)[1]:
                    raise NoTypeError("it is in what is no type")
                return None
            return Where(struct.parent, struct.key)
        sides = [self._at(side)[0] for side in (struct.origin, struct.right) if side is not None]
        found = {where for where in sides if where is not None}
        if len(found) > 1:
            raise OutOfBoundsError("its neighbours are in different types")
        # Of what is gone the decoder doesn't know any more where it was.
        return found.pop() if found else None
