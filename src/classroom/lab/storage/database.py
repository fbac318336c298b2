"""The documents' database: one SQLite file, and the only thread that uses it.

In WAL mode a commit is flushed to the disk before it counts, and a power cut doesn't undo it
(https://sqlite.org/wal.html). The tables are those of pycrdt's SQLiteYStore, so that earlier
history stays readable. A damaged file is moved aside, and replaced by a new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from classroom.lab.storage import (
    client_owners,
    collaboration_sessions,
    last_places,
    quarantine,
    saved_hashes,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Found = TypeVar("Found")

SCHEMA_VERSION = 2
"""pycrdt's version: its own store moves a database of any other version aside."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS yupdates
    (path TEXT NOT NULL, yupdate BLOB, metadata BLOB, timestamp REAL NOT NULL);
CREATE INDEX IF NOT EXISTS idx_yupdates_path_timestamp ON yupdates (path, timestamp);
CREATE TABLE IF NOT EXISTS ycheckpoints
    (path TEXT NOT NULL, checkpoint BLOB NOT NULL, timestamp REAL NOT NULL, PRIMARY KEY (path));
"""
LOG = logging.getLogger(__name__)


def connected(file: Path, *, alone: bool = False) -> sqlite3.Connection:
    """Open the database, and create missing tables.

    Args:
        file: the database's file; created if it isn't there.
        alone: whether nobody else may open it meanwhile. Then SQLite doesn't need the shared-memory
            file, for which a full disk has no room.

    Raises:
        sqlite3.Error: it can't be used.
    """
    database = sqlite3.connect(file)
    try:
        if alone:
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(
            SCHEMA
            + saved_hashes.SCHEMA
            + last_places.SCHEMA
            + collaboration_sessions.SCHEMA
            + client_owners.SCHEMA
        )
        # Don't write it again, because that needs space on the disk.
        if database.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
            database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        database.commit()
    except BaseException:
        database.close()
        raise
    return database


class Database:
    """The file and its thread; a damaged file is moved aside and replaced by a new one."""

    def __init__(
        self,
        file: Path,
        opened: Callable[[sqlite3.Connection], object],
        lost: Callable[[Path], object],
    ) -> None:
        """Start to open the file.

        Args:
            file: the database's file; created if it isn't there.
            opened: called in the thread with each new connection, before anything else.
            lost: called in the thread with a damaged file's new path.
        """
        self.file = file
        self.replaced = 0
        """How often the file was replaced."""
        self._opened, self._lost = opened, lost
        self._connection: sqlite3.Connection | None = None
        self._is_alone = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._thread.submit(lambda: self.connection)

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection, for use in the thread only.

        Raises:
            sqlite3.Error: the file can't be opened.
            OSError: a damaged file can't be moved aside.
        """
        if self._connection is None:
            try:
                self._connection = connected(self.file)
            except sqlite3.DatabaseError as error:
                if quarantine.is_broken(error):
                    self._put_aside(error)
                    self._connection = connected(self.file)
                else:
                    self._connection = connected(self.file, alone=True)
                    self._is_alone = True
            # It may fail on a full disk; reading works all the same.
            with contextlib.suppress(sqlite3.OperationalError):
                self._opened(self._connection)
        return self._connection

    async def do(self, what: Callable[..., Found], *arguments: Any) -> Found:
        """Call a function in the thread; again with a new file if this one is damaged.

        Args:
            what: called with the connection and the arguments.
            *arguments: the other arguments.

        Raises:
            sqlite3.Error: it failed.
        """
        loop, replaced = asyncio.get_running_loop(), self.replaced

        def work() -> Found:
            return what(self.connection, *arguments)

        def replace(error: sqlite3.DatabaseError) -> None:
            if replaced == self.replaced:  # otherwise another call has replaced it already
                with contextlib.suppress(sqlite3.Error):
                    self.disconnect()
                self._put_aside(error)

        try:
            return await loop.run_in_executor(self._thread, work)
        except sqlite3.DatabaseError as error:
            if not quarantine.is_broken(error):
                raise
            await loop.run_in_executor(self._thread, replace, error)
            return await loop.run_in_executor(self._thread, work)

    def do_last(self, what: Callable[..., object], *arguments: Any) -> None:
        """Call a function in the thread, and block until it is done; for use after the event loop.

        Args:
            what: called with the connection and the arguments.
            *arguments: the other arguments.

        Raises:
            sqlite3.Error: it failed.
        """
        self._thread.submit(lambda: what(self.connection, *arguments)).result()

    def share(self) -> None:
        """Let others open the file again, such as a backup. Call it in the thread.

        Raises:
            sqlite3.Error: the disk has no room for that yet; the next call retries.
        """
        if self._is_alone:
            self.disconnect()
            self._is_alone = False
            self._connection = connected(self.file)

    def disconnect(self) -> None:
        """Close the connection; the next use opens another. Call it in the thread."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def close(self) -> None:
        """Close the connection and end the thread."""
        with contextlib.suppress(sqlite3.Error):
            self._thread.submit(self.disconnect).result()
        self._thread.shutdown()

    def _put_aside(self, error: sqlite3.DatabaseError) -> None:
        where = quarantine.put_database(self.file)
        self.replaced += 1
        self._lost(where)
        LOG.error(
            "The journal of all documents can't be read (%s). It was moved to %s, and a new one was"
            " started. Documents open as they were saved last.",
            error,
            where,
        )
