"""What the lab remembers of a document and its file whenever both say the same.

A crash is repaired with it, and the lab's own writes are told from other programs'.
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
    """Of one document with its file. On the event loop."""

    def __init__(
        self,
        file: ClassLoader,
        store: Any,
        model: Callable[[], Awaitable[Model]],
        written: Callable[[], Awaitable[None]],
        log: Logger,
    ) -> None:
        """Remember nothing yet.

        Args:
            file: the document's.
            store: the document's, of any kind; None without one.
            model: describes the document as the contents manager takes it.
            written: waits until the store has all of the document.
            log: the lab's.
        """
        self._file, self._store = file, store
        self._model, self._written, self._log = model, written, log

    def saving(self) -> AbstractContextManager[None]:
        """Say whose save it is that is done meanwhile."""
        mine = Saving(self._store.path, self._written) if self._store is not None else None
        return saved_hashes.saving_of(mine)

    async def settle(self, growth: Growth) -> None:
        """Remember that file and document agree, as they do when one was taken over.

        Args:
            growth: the document's growth.
        """
        if self._file.saves is None:
            return
        try:
            found = await self._file.stamp()
        except (HTTPError, RuntimeError):
            return  # it is gone again: the next save sees that, and keeps what is typed
        model = await self._model()
        await growth.note(model["content"], growth.since, self._file)
        if found["last_modified"] == self._file.last_modified:
            digest = await self._file.recovery.digest(model)
            try:
                await self._file.saves.settle(
                    self._store.path, found["hash"], digest, self._file.place
                )
            except sqlite3.Error as error:
                # As on a full disk: people can go on, the journal says that nothing is kept.
                self._log.warning(
                    "The state of %s could not be recorded: %s", self._file.path, error
                )
