"""Index a document, to check that what an update refers to exists and fits together.

The decoder of documents (yrs) assumes that neighbours are in the same type, and that what is named
as a type is one. If that isn't true, it reads and writes foreign memory. The index has only what
such a check needs: for each run of elements the type that contains them, and for each type its
depth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.lab.protocol.document_runs import Nested, Runs
from classroom.lab.protocol.state_fields import is_lasting
from classroom.lab.protocol.update_bounds import DELETED, read_update, write_state
from classroom.lab.protocol.update_judgement import Judgement

if TYPE_CHECKING:
    from classroom.lab.protocol.document_runs import Additions
    from classroom.lab.protocol.lib0 import Id
    from classroom.lab.protocol.update_bounds import Update


class Index:
    """The index of one document."""

    def __init__(self, roots: dict[str, int]) -> None:
        """Start without elements.

        Args:
            roots: the kinds of the document's root types.
        """
        self._runs: dict[int, Runs] = {}
        self._types: dict[Id | str, Nested] = {
            name: Nested(kind, 0) for name, kind in roots.items()
        }
        self.size = 0
        """About how much the index has: runs and types."""
        self.lasting: dict[str | None, Id] = {}
        """Ids of the elements under those keys of the document's state that no page may delete."""

    def replace(self, fresh: Index) -> None:
        """Take over the content of another index of the same document."""
        self._runs, self._types, self.size = fresh._runs, fresh._types, fresh.size
        self.lasting = fresh.lasting

    def judge(self, update: Update) -> Additions:
        """Check whether an update fits the document.

        Args:
            update: the parsed update.

        Returns:
            What to `add` after the update has been applied.

        Raises:
            KnownError: it contains elements that the document has already.
            MissingError: it builds on elements that the document lacks.
            OutOfBoundsError: it doesn't fit.
        """
        return Judgement(self._runs, self._types).judge(update)

    def state(self) -> bytes:
        """Return the state vector of what the index has."""
        return write_state({client: runs.end for client, runs in self._runs.items()})

    def learn(self, update: bytes) -> None:
        """Add an update of the document itself, which is trusted."""
        found = read_update(update, trusted=True)
        self.add(Judgement(self._runs, self._types, trusted=True).judge(found))

    def end(self, client: int) -> int:
        """Return the clock after a client's last element."""
        known = self._runs.get(client)
        return known.end if known is not None else 0

    def add(self, more: Additions) -> None:
        """Add what was applied; don't change what the index has already."""
        self.size += len(more.types)
        for client, runs in more.runs.items():
            known = self._runs.setdefault(client, Runs())
            before = len(known.starts)
            for at, start in enumerate(runs.starts):
                if runs.ends[at] > known.end:
                    known.add(
                        max(start, known.end), runs.ends[at], runs.wheres[at], gone=runs.gone[at]
                    )
            self.size += len(known.starts) - before  # continued typing extends the last run
        self._types.update(more.types)
        for struct, key in more.state:
            if is_lasting(key) and struct.kind != DELETED:
                self.lasting[key] = struct.client, struct.clock
