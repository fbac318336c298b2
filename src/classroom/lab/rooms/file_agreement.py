"""Record that a document and its file agree.

The lab needs the record to recover from a crash, and to tell its own writes from other programs'.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from tornado.web import HTTPError

from classroom.lab.storage import saved_hashes
from classroom.lab.storage.saved_hashes import Saving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractContextManager
    from logging import Logger

    from classroom.lab.files.file_loader import ClassLoader, Model
    from classroom.lab.rooms.growth import Growth


class FileAgreement:
    """The record of one document and its file. For one event loop."""

    def __init__(
        self,
        file: ClassLoader,
        store: Any,
        model: Callable[[], Awaitable[Model]],
        written: Callable[[], Awaitable[None]],
        log: Logger,
    ) -> None:
        """Use a document's file and store.

        Args:
            file: the document's file.
            store: the document's store, of any class; None without one.
            model: returns the contents manager's model of the document.
            written: waits until the store has the whole document.
            log: the lab's log.
        """
        self._file, self._store = file, store
        self._model, self._written, self._log = model, written, log

    def saving(self) -> AbstractContextManager[None]:
        """Mark saves within the context as saves of this document."""
        mine = Saving(self._store.path, self._written) if self._store is not None else None
        return saved_hashes.saving_of(mine)

    async def settle(self, growth: Growth) -> None:
        """Record that file and document agree, as after a merge.

        Args:
            growth: the document's growth.
        """
        if self._file.saves is None:
            return
        try:
            found = await self._file.stamp()
        except (HTTPError, RuntimeError):
            return  # it is gone again: the next save handles that
        model = await self._model()
        await growth.note(model["content"], growth.since, self._file)
        if found["last_modified"] == self._file.last_modified:
            digest = await self._file.recovery.digest(model)
            try:
                await self._file.saves.settle(
                    self._store.path, found["hash"], digest, self._file.place
                )
            except sqlite3.Error as error:
                # For example a full disk: people can go on, and the journal reports that.
                self._log.warning(
                    "The state of %s could not be recorded: %s", self._file.path, error
                )
