"""Check that an update fits a document: what it refers to exists, and can hold what it adds.

Pure: plain values only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from classroom.lab.protocol.document_runs import Additions, Nested, Runs, Where
from classroom.lab.protocol.lib0 import BYTES, DEPTH, OutOfBoundsError
from classroom.lab.protocol.state_fields import STATE
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
)

if TYPE_CHECKING:
    from classroom.lab.protocol.lib0 import Id
    from classroom.lab.protocol.update_bounds import Struct, Update

HOLDS = {
    ARRAY: {ANY, BINARY, DELETED, TYPE},
    MAP: {ANY, BINARY, DELETED, TYPE},
    TEXT: {DELETED, EMBED, FORMAT, STRING, TYPE},
}
"""Allowed content of each kind of type: with any other, the decoder computes a wrong length."""
CELLS = "cells"
"""The root type that makes a document a notebook: it holds maps, and no bytes."""
ROOTS = 64
"""Most root types in a document; a notebook has three."""


class MissingError(Exception):
    """An update builds on elements that the document doesn't have (yet)."""


class KnownError(Exception):
    """An update contains elements that the document has; the caller must remove them."""


class NoTypeError(OutOfBoundsError):
    """An update's parent isn't a type: the update may come from another copy of the file."""


class Wanted(NamedTuple):
    """How many of a client's structs to process.

    Attributes:
        client: the client's id.
        clock: the last element to process; None for all.
    """

    client: int
    clock: int | None


class Judgement:
    """The check of one update."""

    def __init__(
        self, runs: dict[int, Runs], types: dict[Id | str, Nested], *, trusted: bool = False
    ) -> None:
        """Use a document's index.

        Args:
            runs: the index's runs, by client.
            types: the index's types, by id or name.
            trusted: whether the update comes from the document itself, and isn't checked.
        """
        self._runs, self._types, self._trusted = runs, types, trusted
        self._more = Additions()
        self._left: dict[int, list[Struct]] = {}

    def judge(self, update: Update) -> Additions:
        """Check an update.

        Args:
            update: the parsed update.

        Raises:
            KnownError: it contains elements that the document has already.
            MissingError: it builds on elements that the document lacks.
            OutOfBoundsError: it doesn't fit.
        """
        self._more.tail = update.tail
        # Reversed, because removing a list's last item costs nothing.
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
        """Process a client's structs, and before each the structs that it builds on.

        Another client's structs are processed only as far as needed: the later ones may build on
        this client's.
        """
        # A set as well as a stack: a chain of clients may be as long as a message.
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
        """Return an element that a struct builds on and that isn't there yet; None if all are."""
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
        """Return an existing element's place, and whether its content is deleted."""
        client, clock = needed
        for runs in (self._more.runs.get(client), self._runs.get(client)):
            if runs is not None and (at := runs.at(clock)) >= 0:
                return runs.wheres[at], runs.gone[at]
        return None, True

    def _take(self, struct: Struct) -> None:
        """Record a struct after everything that it builds on."""
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
        """Return the type that contains a struct, and check that it can hold the struct."""
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
        """Record a root type that nobody has used before; its kind follows from its first use."""
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
        """Return a struct's place; None if that is deleted already."""
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
        # The decoder doesn't know the places of deleted elements any more.
        return found.pop() if found else None
