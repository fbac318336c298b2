"""Where everything in a document is: what an update refers to must be there, and fit together.

The decoder of documents (yrs) believes that what stands beside each other is in the same type, and
that what is named as a type is one; where that isn't so, it reads and writes memory that isn't its
own. This is the least that has to be known of a document to see that an update keeps to it: for
each run of elements the type that they are in, and for each type how deep.
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
        return Judgement(self._runs, self._types).judge(update)

    def state(self) -> bytes:
        """Return the state vector of what is known."""
        return write_state({client: runs.end for client, runs in self._runs.items()})

    def learn(self, update: bytes) -> None:
        """Take over what the document has, as it says itself."""
        found = read_update(update, trusted=True)
        self.add(Judgement(self._runs, self._types, trusted=True).judge(found))

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
