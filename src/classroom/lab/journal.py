"""What was told is on disk soon after: one database of all documents' updates, one writer.

SQLite in WAL mode: a commit is flushed to the disk before it counts, a power cut leaves the last
one (https://sqlite.org/wal.html). All documents share a commit: each costs a flush, however much
is in it. The tables are those of pycrdt's SQLiteYStore, so that earlier history stays readable.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pycrdt import Doc, get_update, merge_updates

from classroom.lab import saves, sessions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Found = TypeVar("Found")

COLLECT_SECONDS = 0.05
"""How long a commit waits for more; with the flush it stays below a tenth of a second."""
ROWS = 2000
"""Updates of one document from which on the older half becomes one: its history stays bounded."""
SCHEMA_VERSION = 2
"""pycrdt's: what its own store would move aside and begin anew is anything else."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS yupdates
    (path TEXT NOT NULL, yupdate BLOB, metadata BLOB, timestamp REAL NOT NULL);
CREATE INDEX IF NOT EXISTS idx_yupdates_path_timestamp ON yupdates (path, timestamp);
CREATE TABLE IF NOT EXISTS ycheckpoints
    (path TEXT NOT NULL, checkpoint BLOB NOT NULL, timestamp REAL NOT NULL, PRIMARY KEY (path));
"""
# By rowid, as they were written: a clock may be set back, and an update without those before it is
# worth nothing.
OLDEST_FIRST = "FROM yupdates WHERE path = ? ORDER BY rowid"
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Row:
    """One update of one document.

    Attributes:
        path: the document's, as upstream names it.
        update: as of the Yjs protocol.
        metadata: whatever the store's user wants beside it.
        timestamp: seconds since the epoch.
    """

    path: str
    update: bytes
    metadata: bytes
    timestamp: float


def squashed(updates: list[bytes]) -> bytes:
    """Make one update of many, without what they have deleted again where that can be left out.

    Args:
        updates: of one document. What some of them build on may be missing, and come later: a
            document keeps such a one apart, and would not give it back.
    """
    merged = merge_updates(*updates)
    doc: Doc[Any] = Doc()
    doc.apply_update(merged)
    # An update begins with the number of clients that it has something new of.
    kept_apart = get_update(merged, doc.get_state())[0] != 0
    return merged if kept_apart else doc.get_update()


class Journal:
    """The database, and the one thread that touches it."""

    def __init__(self, file: Path) -> None:
        """Open it.

        Args:
            file: made when it isn't there.
        """
        self._file = file
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._opened = self._thread.submit(self._open)
        self._rows: Counter[str] = Counter()
        self._pending: list[Row] = []
        self._flush: asyncio.Task[None] | None = None

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._file)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(SCHEMA + saves.SCHEMA + sessions.SCHEMA)
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        database.commit()
        return database

    async def write(self, path: str, update: bytes, metadata: bytes = b"") -> None:
        """Store an update; it is on the disk when this returns.

        Args:
            path: the document's.
            update: as of the Yjs protocol.
            metadata: whatever belongs to it.

        Raises:
            sqlite3.Error: it couldn't be written; nothing of its commit was.
        """
        self._pending.append(Row(path, update, metadata, time.time()))
        if self._flush is None:
            self._flush = asyncio.create_task(self._commit_soon())
        # Others wait for the same commit: who gives up doesn't end it.
        await asyncio.shield(self._flush)

    async def _commit_soon(self) -> None:
        await asyncio.sleep(COLLECT_SECONDS)
        rows, self._pending, self._flush = self._pending, [], None
        await asyncio.get_running_loop().run_in_executor(self._thread, self._commit, rows)

    def _commit(self, rows: list[Row]) -> None:
        database = self._opened.result()
        with database:  # all or nothing
            database.executemany(
                "INSERT INTO yupdates (path, yupdate, metadata, timestamp) VALUES (?, ?, ?, ?)",
                [(row.path, row.update, row.metadata, row.timestamp) for row in rows],
            )
        for path, more in Counter(row.path for row in rows).items():
            self._rows[path] += more
            if self._rows[path] >= ROWS:
                # The rows are on the disk: what goes wrong now is no reason to write them again.
                try:
                    self._rows[path] = self._squash(database, path)
                except (sqlite3.Error, ValueError, RuntimeError) as error:
                    LOG.warning("The history of %s can't be shortened yet: %s", path, error)
                    self._rows[path] = 0

    @staticmethod
    def _squash(database: sqlite3.Connection, path: str) -> int:
        """Make one update of a document's older half; return how many there are then."""
        found = database.execute(f"SELECT rowid, yupdate, timestamp {OLDEST_FIRST}", (path,))
        rows = found.fetchall()
        if len(rows) < ROWS:
            return len(rows)
        older, newer = rows[: len(rows) // 2], rows[len(rows) // 2 :]
        one = squashed([row[1] for row in older])
        with database:
            first, _, at = older[-1]
            database.executemany(
                "DELETE FROM yupdates WHERE rowid = ?", [(row[0],) for row in older[:-1]]
            )
            database.execute(
                "UPDATE yupdates SET yupdate = ?, timestamp = ? WHERE rowid = ?", (one, at, first)
            )
        return len(newer) + 1

    async def run(self, what: Callable[[sqlite3.Connection], Found]) -> Found:
        """Do something in the database, as one transaction; it is on the disk when this returns.

        Args:
            what: is given the database, in its thread.

        Raises:
            sqlite3.Error: it failed; nothing of it was done.
        """

        def commit() -> Found:
            database = self._opened.result()
            with database:
                return what(database)

        return await asyncio.get_running_loop().run_in_executor(self._thread, commit)

    async def read(self, path: str) -> list[tuple[bytes, bytes, float]]:
        """Return a document's updates, metadata and times, oldest first.

        Raises:
            sqlite3.Error: it can't be read.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._read, path)

    def _read(self, path: str) -> list[tuple[bytes, bytes, float]]:
        database = self._opened.result()
        query = f"SELECT yupdate, metadata, timestamp {OLDEST_FIRST}"
        rows = database.execute(query, (path,)).fetchall()
        self._rows[path] = len(rows)
        return rows

    @property
    def size(self) -> int:
        """Bytes on the disk, of the database and of what isn't merged into it yet."""
        files = (self._file, self._file.with_name(f"{self._file.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def close(self) -> None:
        """Write what is left and close the database."""
        if rows := self._pending:
            self._pending = []
            self._thread.submit(self._commit, rows).result()
        self._thread.submit(lambda: self._opened.result().close()).result()
        self._thread.shutdown()
