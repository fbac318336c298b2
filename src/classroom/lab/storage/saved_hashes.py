"""What the lab itself has put into each document's file: whatever else is in it is somebody's work.

Kept in the journal, beside the updates. Before a file is replaced the hash of what is to be in it
is written down; after a power cut in between the file is known either way.
"""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from classroom.lab.storage import last_places

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable, Iterator

    from classroom.lab.storage.journal import Journal
    from classroom.lab.storage.last_places import Place

SCHEMA = """
CREATE TABLE IF NOT EXISTS saves
    (path TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (path, hash));
CREATE TABLE IF NOT EXISTS agreements
    (path TEXT NOT NULL PRIMARY KEY, file TEXT NOT NULL, document TEXT NOT NULL);
"""
RECENT_SECONDS = 3600.0
"""Documents idle for longer than this before the crash were already saved, or are checked when
opened."""


async def _nothing() -> None:
    """Wait for nothing."""


@dataclass(frozen=True)
class Saving:
    """Whose save this is.

    Attributes:
        document: as the store names it.
        written: waits until the journal has all that the document has said so far.
        put: device and inode of what was written, also if it was moved right after that.
    """

    document: str
    written: Callable[[], Awaitable[None]] = _nothing
    put: list[tuple[int, int]] = field(default_factory=list)


saving: ContextVar[Saving | None] = ContextVar("saving", default=None)
"""The save of a room; None for anybody else's writing."""


@contextlib.contextmanager
def saving_of(mine: Saving | None) -> Iterator[None]:
    """Say whose save it is for as long as it takes, however it ends.

    Args:
        mine: None for nobody's.
    """
    token = saving.set(mine)
    try:
        yield
    finally:
        saving.reset(token)


@dataclass(frozen=True)
class Saves:
    """What is known of files, in a journal.

    Attributes:
        journal: the journal that stores it.
    """

    journal: Journal

    async def intend(self, path: str, digest: str) -> None:
        """Write down what a document's file will hold; it is on the disk when this returns.

        Args:
            path: the document, as the store names it.
            digest: hexadecimal SHA-256 of the file's bytes.

        Raises:
            sqlite3.Error: it couldn't be written: the file must not be, either.
        """

        def insert(database: sqlite3.Connection) -> None:
            database.execute("INSERT OR IGNORE INTO saves VALUES (?, ?)", (path, digest))

        await self.journal.run(insert)

    async def settle(
        self, path: str, file: str, document: str = "", place: Place | None = None
    ) -> None:
        """Write down what a document's file holds; what it held before is nobody's any more.

        Args:
            path: the document, as the store names it.
            file: digest of the file as it is.
            document: digest of the file that the document would be written to, where that is
                another: both agree all the same.
            place: where the file is; None if that isn't known.
        """
        document = document or file

        def replace(database: sqlite3.Connection) -> None:
            database.execute("DELETE FROM saves WHERE path = ?", (path,))
            database.executemany(
                "INSERT OR IGNORE INTO saves VALUES (?, ?)", [(path, file), (path, document)]
            )
            database.execute(
                "INSERT OR REPLACE INTO agreements VALUES (?, ?, ?)", (path, file, document)
            )
            if place is not None:
                last_places.write(database, path, place)

        await self.journal.run(replace)

    async def agree(self, path: str, file: str, document: str) -> bool:
        """Say whether a file and a document are as they were when one was taken over last.

        The arguments are `settle`'s.
        """

        def select(database: sqlite3.Connection) -> bool:
            row = database.execute(
                "SELECT 1 FROM agreements WHERE path = ? AND file = ? AND document = ?",
                (path, file, document),
            )
            return row.fetchone() is not None

        return await self.journal.run(select)

    async def known(self, path: str) -> frozenset[str]:
        """Return the hashes that a document's file may have if nobody else has touched it."""

        def select(database: sqlite3.Connection) -> frozenset[str]:
            rows = database.execute("SELECT hash FROM saves WHERE path = ?", (path,))
            return frozenset(row[0] for row in rows)

        return await self.journal.run(select)

    async def newest(self, count: int) -> list[str]:
        """List so many documents, the one that was written last first.

        Args:
            count: at most.
        """

        def select(database: sqlite3.Connection) -> list[str]:
            rows = database.execute(
                "SELECT path FROM yupdates GROUP BY path ORDER BY MAX(timestamp) DESC LIMIT ?",
                (count,),
            )
            return [row[0] for row in rows]

        return await self.journal.run(select)

    async def recent(self) -> list[str]:
        """List the documents that were being changed when the journal was last written."""

        def select(database: sqlite3.Connection) -> list[str]:
            rows = database.execute(
                "SELECT path FROM yupdates GROUP BY path HAVING MAX(timestamp) >"
                " (SELECT MAX(timestamp) FROM yupdates) - ?",
                (RECENT_SECONDS,),
            )
            return [row[0] for row in rows]

        return await self.journal.run(select)
