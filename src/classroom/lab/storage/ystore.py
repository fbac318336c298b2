"""The documents' stores for upstream's rooms; all of them write to one journal."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pycrdt.store import BaseYStore, YDocNotFound
from traitlets import Unicode
from traitlets.config import LoggingConfigurable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from classroom.lab.storage.history_checkpoints import Live
    from classroom.lab.storage.journal import Journal

TURN_SECONDS = 0.005
"""How long to hold the event loop at most while a history is read."""


class _Meta(type(LoggingConfigurable), type(BaseYStore)):  # type: ignore[misc]
    """Metaclass of both bases, as in upstream's stores."""


class ClassYStore(LoggingConfigurable, BaseYStore, metaclass=_Meta):
    """The store of one document; `of` makes the class that a lab uses."""

    journal: Journal
    """The journal that all documents of the lab share."""

    db_path = Unicode(".jupyter_ystore.db", config=True, help="The file that all documents share.")
    restored = Unicode("", config=True, help="The mark of the backup that was restored last.")

    def __init__(self, path: str, metadata_callback: Any = None, **kwargs: Any) -> None:
        """Store one document's updates.

        Args:
            path: the document's name in the store.
            metadata_callback: returns the metadata to store with each update.
            **kwargs: traitlets' own arguments.
        """
        super().__init__(**kwargs)
        self.path = path
        self.metadata_callback = metadata_callback

    def append(self, data: bytes) -> None:
        """Store an update at once: see `Journal.append`."""
        self.journal.append(self.path, data)

    async def write(self, data: bytes) -> None:
        """Store an update, and wait until it is on the disk.

        If it can't be written, the journal reports that and retries. So people can open a document
        and type in it even if the disk is full.
        """
        with contextlib.suppress(sqlite3.Error, OSError):
            await self.journal.write(self.path, data, await self.get_metadata())

    async def written(self) -> None:
        """Wait until everything that was appended is on the disk, however long that takes."""
        await self.journal.written()

    def follow(self, live: Live) -> None:
        """Register the live document, of which the journal stores checkpoints."""
        self.journal.live[self.path] = live

    def leave(self, live: Live) -> None:
        """Unregister a live document that is closed."""
        if self.journal.live.get(self.path) is live:
            del self.journal.live[self.path]

    async def read(self) -> AsyncIterator[tuple[bytes, bytes, float]]:
        """Iterate over updates, metadata and times (seconds since the epoch), oldest first.

        Leave the event loop to others in between, because applying a long history takes a while.

        Raises:
            YDocNotFound: there are no updates.
        """
        rows = await self.journal.read(self.path)
        if not rows:
            raise YDocNotFound
        turned = time.monotonic()
        for row in rows:
            if time.monotonic() > turned + TURN_SECONDS:
                await asyncio.sleep(0)
                turned = time.monotonic()
            yield row


def of(journal: Journal) -> type[ClassYStore]:
    """Make a lab's class of stores, of which upstream makes the instances.

    Args:
        journal: the lab's journal, the only one for its file: two would wait for each other's
            commits.
    """
    return _Meta("JournalYStore", (ClassYStore,), {"journal": journal})


def file_of(config: Any) -> Path:
    """Return the file that a lab's documents share.

    Args:
        config: the server's traitlets configuration.
    """
    return Path(str(ClassYStore("", config=config).db_path))


def restored_of(config: Any) -> str:
    """Return the mark of the backup from which a lab's documents were restored; "" for none.

    Args:
        config: the server's traitlets configuration.
    """
    return str(ClassYStore("", config=config).restored)
