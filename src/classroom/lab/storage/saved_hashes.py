"""Record in the journal what the lab itself has saved in each document's file.

Any other content of the file comes from a program. The lab records the hash of a new content before
it replaces a file, so that it recognizes the file also after a power cut in between.
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
    """A room's save.

    Attributes:
        document: the document's name in the store.
        written: waits until the journal has all changes of the document so far.
        put: device and inode of the written files, which identify them also after a move.
    """

    document: str
    written: Callable[[], Awaitable[None]] = _nothing
    put: list[tuple[int, int]] = field(default_factory=list)


saving: ContextVar[Saving | None] = ContextVar("saving", default=None)
"""The present save of a room; None while something else writes."""


@contextlib.contextmanager
def saving_of(mine: Saving | None) -> Iterator[None]:
    """Set the present save for the duration of the context.

    Args:
        mine: the save; None if it isn't a room's.
    """
    token = saving.set(mine)
    try:
        yield
    finally:
        saving.reset(token)


@dataclass(frozen=True)
class Saves:
    """The hashes of saved files, in a journal.

    Attributes:
        journal: the journal that stores them.
    """

    journal: Journal

    async def intend(self, path: str, digest: str) -> None:
        """Record the hash of a document's next file; it is on the disk when this returns.

        Args:
            path: the document's name in the store.
            digest: hexadecimal SHA-256 of the file's bytes.

        Raises:
            sqlite3.Error: it couldn't be recorded; then the file must not be written either.
        """

        def insert(database: sqlite3.Connection) -> None:
            database.execute("INSERT OR IGNORE INTO saves VALUES (?, ?)", (path, digest))

        await self.journal.run(insert)

    async def settle(
        self, path: str, file: str, document: str = "", place: Place | None = None
    ) -> None:
        """Record the hash of a document's present file, and delete the hashes before.

        Args:
            path: the document's name in the store.
            file: the file's hash.
            document: the hash that the file would have if the document were saved, if that is
                different although both agree; "" if it is the same.
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
        """Say whether a file and a document are still those of the last `settle`.

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
        """Return the hashes that a document's file may have if only the lab has written it."""

        def select(database: sqlite3.Connection) -> frozenset[str]:
            rows = database.execute("SELECT hash FROM saves WHERE path = ?", (path,))
            return frozenset(row[0] for row in rows)

        return await self.journal.run(select)

    async def newest(self, count: int) -> list[str]:
        """List documents, starting with the one that was written last.

        Args:
            count: most documents to list.
        """

        def select(database: sqlite3.Connection) -> list[str]:
            rows = database.execute(
                "SELECT path FROM yupdates GROUP BY path ORDER BY MAX(timestamp) DESC LIMIT ?",
                (count,),
            )
            return [row[0] for row in rows]

        return await self.journal.run(select)

    async def recent(self) -> list[str]:
        """List the documents that were changed shortly before the journal's last write."""

        def select(database: sqlite3.Connection) -> list[str]:
            rows = database.execute(
                "SELECT path FROM yupdates GROUP BY path HAVING MAX(timestamp) >"
                " (SELECT MAX(timestamp) FROM yupdates) - ?",
                (RECENT_SECONDS,),
            )
            return [row[0] for row in rows]

        return await self.journal.run(select)
