"""Record the owner of each page's client id in a document, for as long as the page may reconnect.

If another person could write under a page's id first, the page's own text would count as known, and
would be lost. Pages sleep for hours, and the lab server may restart meanwhile. So the record is in
the journal, beside the document.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections import Counter
from typing import TYPE_CHECKING

from classroom.lab.storage.collaboration_sessions import KEPT_SECONDS
from classroom.runtime import background_tasks

if TYPE_CHECKING:
    from classroom.lab.storage.journal import Journal

SCHEMA = """
CREATE TABLE IF NOT EXISTS writers
    (path TEXT NOT NULL, client INTEGER NOT NULL, name TEXT NOT NULL, since REAL NOT NULL,
     PRIMARY KEY (path, client));
"""
MOST = 300
"""How many of one person's pages to remember in a document: the newest ones."""
SOON_SECONDS = 0.5
"""Seconds to wait for other pages, to save them together."""
LOG = logging.getLogger(__name__)


async def names(journal: Journal, path: str) -> set[str]:
    """Return the names of the people who have written in a document.

    Args:
        journal: the journal that stores them.
        path: the document's name in the store.

    Raises:
        sqlite3.Error: it can't be read.
    """

    def select(database: sqlite3.Connection) -> set[str]:
        found = database.execute("SELECT DISTINCT name FROM writers WHERE path = ?", (path,))
        return {str(row[0]) for row in found}

    return await journal.run(select)


class Writers:
    """The owners of client ids in one document."""

    def __init__(self, journal: Journal | None = None, path: str = "") -> None:
        """Start without owners.

        Args:
            journal: the journal that stores them; None to store them nowhere.
            path: the document's name in the store.
        """
        self._journal, self._path = journal, path
        self._names: dict[int, str] = {}
        self._count: Counter[str] = Counter()
        self._new: dict[int, str] = {}
        self._gone: set[int] = set()
        self._saving: asyncio.Task[None] | None = None

    def of(self, client: int) -> str:
        """Return the name of an id's owner; "" if it has none."""
        return self._names.get(client, "")

    def note(self, client: int, name: str) -> None:
        """Set an id's owner, unless it has one.

        Args:
            client: the client id.
            name: the signed-in user's name.
        """
        if client in self._names:
            return
        self._add(client, name)
        self._new[client] = name
        if self._journal is not None and (self._saving is None or self._saving.done()):
            self._saving = background_tasks.start(
                self._save(self._journal), "Recording who writes", LOG
            )

    def _add(self, client: int, name: str) -> None:
        """Add an id, and forget the person's oldest id if there are too many."""
        self._names[client] = name
        self._count[name] += 1
        if self._count[name] > MOST:
            oldest = next(one for one, whose in self._names.items() if whose == name)
            del self._names[oldest]
            self._new.pop(oldest, None)
            self._gone.add(oldest)
            self._count[name] -= 1

    async def load(self) -> None:
        """Load the saved owners; await it before anybody writes."""
        if self._journal is None:
            return

        def select(database: sqlite3.Connection) -> list[tuple[int, str]]:
            query = "SELECT client, name FROM writers WHERE path = ? AND since > ? ORDER BY since"
            return database.execute(query, (self._path, time.time() - KEPT_SECONDS)).fetchall()

        try:
            found = await self._journal.run(select)
        except sqlite3.Error as error:
            LOG.warning("The list of people who wrote in %s can't be read: %s", self._path, error)
            return
        for client, name in found:
            if client not in self._names:
                self._add(client, name)

    async def _save(self, journal: Journal) -> None:
        """Save new owners; retry failed ones together with the next."""
        await asyncio.sleep(SOON_SECONDS)
        new, gone = dict(self._new), list(self._gone)
        now = time.time()

        def write(database: sqlite3.Connection) -> None:
            database.execute("DELETE FROM writers WHERE since < ?", (now - KEPT_SECONDS,))
            database.executemany(
                "DELETE FROM writers WHERE path = ? AND client = ?",
                [(self._path, client) for client in gone],
            )
            database.executemany(
                "INSERT OR IGNORE INTO writers VALUES (?, ?, ?, ?)",
                [(self._path, client, name, now) for client, name in new.items()],
            )

        try:
            await journal.run(write)
        except sqlite3.Error as error:
            LOG.warning("Could not record who writes in %s: %s", self._path, error)
            return
        self._gone.difference_update(gone)
        for client in new:
            self._new.pop(client, None)
        if self._new:
            self._saving = background_tasks.start(self._save(journal), "Recording who writes", LOG)
