"""The documents' store as upstream's rooms use it; all of them write to one journal."""

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
"""How long the event loop is held at most while a history is read."""


class _Meta(type(LoggingConfigurable), type(BaseYStore)):  # type: ignore[misc]
    """Of both kinds, as upstream's stores are."""


class ClassYStore(LoggingConfigurable, BaseYStore, metaclass=_Meta):
    """The updates of one document: `of` makes the class that a lab uses."""

    journal: Journal
    """The one that all documents of the lab share."""

    db_path = Unicode(".jupyter_ystore.db", config=True, help="The file that all documents share.")
    restored = Unicode("", config=True, help="The mark of the backup that was restored last.")

    def __init__(self, path: str, metadata_callback: Any = None, **kwargs: Any) -> None:
        """Belong to a document.

        Args:
            path: its name in the store.
            metadata_callback: returns what is stored beside each update.
            **kwargs: traitlets' own.
        """
        super().__init__(**kwargs)
        self.path = path
        self.metadata_callback = metadata_callback

    def append(self, data: bytes) -> None:
        """Keep an update, at once: see `Journal.append`."""
        self.journal.append(self.path, data)

    async def write(self, data: bytes) -> None:
        """Keep an update; it is on the disk when this returns.

        If it can't be written the journal says so and tries again: a document can be opened, and
        typed in, though the disk is full.
        """
        with contextlib.suppress(sqlite3.Error, OSError):
            await self.journal.write(self.path, data, await self.get_metadata())

    async def written(self) -> None:
        """Wait until all that was appended is on the disk, however long that takes."""
        await self.journal.written()

    def follow(self, live: Live) -> None:
        """Take note of the live document, which now and then is written down as a whole."""
        self.journal.live[self.path] = live

    def leave(self, live: Live) -> None:
        """Take note that a live document is none any more."""
        if self.journal.live.get(self.path) is live:
            del self.journal.live[self.path]

    async def read(self) -> AsyncIterator[tuple[bytes, bytes, float]]:
        """Go through update, metadata and time (seconds since the epoch), oldest first.

        Lets the event loop turn in between: a long history takes a while to apply.

        Raises:
            YDocNotFound: there are none.
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
    """Make the stores of a lab, which upstream makes of a class.

    Args:
        journal: the lab's, the only one of its file: two would wait for each other's commits.
    """
    return _Meta("JournalYStore", (ClassYStore,), {"journal": journal})


def file_of(config: Any) -> Path:
    """Return the file that a lab's documents share.

    Args:
        config: the server's, of traitlets.
    """
    return Path(str(ClassYStore("", config=config).db_path))


def restored_of(config: Any) -> str:
    """Return the mark of the backup that a lab's documents are restored from; "" for none.

    Args:
        config: the server's, of traitlets.
    """
    return str(ClassYStore("", config=config).restored)
