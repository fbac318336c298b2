"""Keep updates in memory that aren't committed yet, within a limit.

They usually wait for a fraction of a second. While the disk fails, they may wait for hours.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from classroom.lab.storage.log_records import Row
from classroom.runtime import background_tasks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.lab.storage.history_checkpoints import Live

MOST_PENDING_BYTES = 16 * 1024 * 1024
"""Most bytes of updates that wait for a failing disk; then whole documents replace them."""


class UncommittedUpdates:
    """All documents' uncommitted updates, in order. For one event loop."""

    def __init__(self) -> None:
        self.pending: list[Row] = []
        """The updates for the next commit. The journal adds to it."""
        self._committing: list[Row] = []
        self._wholes: dict[str, Row] = {}

    @property
    def rows(self) -> list[Row]:
        """All updates, oldest first: those of the running commit, and those of the next one."""
        return [*self._committing, *self.pending]

    def begin_commit(self) -> list[Row]:
        """Return the updates to commit now; later ones wait for the next commit."""
        self._committing, self.pending = self.pending, []
        return self._committing

    def keep(self) -> None:
        """End a commit that has failed: the next one takes its updates first."""
        self.pending[:0] = self._committing
        self._committing = []

    def forget(self) -> None:
        """End a commit that has succeeded."""
        self._committing, self._wholes = [], {}

    def drop(self, path: str) -> None:
        """Remove a document's updates from the next commit.

        Args:
            path: the document's name in the store.
        """
        self.pending = [row for row in self.pending if row.path != path]

    def shorten(self, live: Mapping[str, Live]) -> None:
        """Replace updates by their whole documents if they use too much memory.

        Args:
            live: the open documents, by their name in the store.
        """
        wholes = list(map(id, self._wholes.values()))
        late = [row for row in self.pending if id(row) not in wholes]
        if sum(len(row.update) for row in late) <= MOST_PENDING_BYTES:
            return
        for path in {row.path for row in late} & live.keys():
            try:
                whole = Row(path, live[path].get_update(), b"", time.time())
            except BaseException as error:  # noqa: BLE001 (pycrdt's panics are no Exception)
                background_tasks.reraise_if_meant(error)
                continue  # the error concerns only this document, when it is opened
            self.drop(path)
            self.pending.append(whole)
            self._wholes[path] = whole
