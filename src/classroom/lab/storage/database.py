"""The documents' database: one SQLite file, the one thread that touches it, and what if it breaks.

In WAL mode a commit is flushed to the disk before it counts, and a power cut leaves the last one
(https://sqlite.org/wal.html). The tables are those of pycrdt's SQLiteYStore: earlier history stays
readable.
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
"""pycrdt's: its own store would move a database of any other version aside and start a new one."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS yupdates
    (path TEXT NOT NULL, yupdate BLOB, metadata BLOB, timestamp REAL NOT NULL);
CREATE INDEX IF NOT EXISTS idx_yupdates_path_timestamp ON yupdates (path, timestamp);
CREATE TABLE IF NOT EXISTS ycheckpoints
    (path TEXT NOT NULL, checkpoint BLOB NOT NULL, timestamp REAL NOT NULL, PRIMARY KEY (path));
"""
LOG = logging.getLogger(__name__)


def connected(file: Path, *, alone: bool = False) -> sqlite3.Connection:
    """Open the database, and make its tables where they aren't there.

    Args:
        file: made when it isn't there.
        alone: whether nobody else may open it meanwhile. SQLite then needs no file beside it for
            what its users share, which a full disk has no room for.

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
        # Not written again, which would need space on the disk.
        if database.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
            database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        database.commit()
    except BaseException:
        database.close()
        raise
    return database


class Database:
    """The file and its thread; a file that turns out to be damaged is put aside for a new one."""

    def __init__(
        self,
        file: Path,
        opened: Callable[[sqlite3.Connection], object],
        lost: Callable[[Path], object],
    ) -> None:
        """Begin to open it.

        Args:
            file: made when it isn't there.
            opened: called in the thread with each new connection, before anything else.
            lost: called in the thread when the file was put aside, with where it is.
        """
        self.file = file
        self.replaced = 0
        """How often a new file has been begun."""
        self._opened, self._lost = opened, lost
        self._connection: sqlite3.Connection | None = None
        self._is_alone = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._thread.submit(lambda: self.connection)

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection, for the thread alone.

        Raises:
            sqlite3.Error: it can't be opened.
            OSError: what is damaged can't be put aside.
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
            # It may fail on a full disk, where reading goes on.
            with contextlib.suppress(sqlite3.OperationalError):
                self._opened(self._connection)
        return self._connection

    async def do(self, what: Callable[..., Found], *arguments: Any) -> Found:
        """Do something in the thread; in a new file if this one turns out to be damaged.

        Args:
            what: is given the connection, and the arguments.
            *arguments: of any kind.

        Raises:
            sqlite3.Error: it failed.
        """
        loop, replaced = asyncio.get_running_loop(), self.replaced

        def work() -> Found:
            return what(self.connection, *arguments)

        def replace(error: sqlite3.DatabaseError) -> None:
            if replaced == self.replaced:  # else somebody has done so since
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
        """Do something in the thread and wait for it, with no event loop any more.

        Args:
            what: is given the connection, and the arguments.
            *arguments: of any kind.

        Raises:
            sqlite3.Error: it failed.
        """
        self._thread.submit(lambda: what(self.connection, *arguments)).result()

    def share(self) -> None:
        """Let others open the file again, such as a backup, in the thread.

        Raises:
            sqlite3.Error: the disk has no room for that yet; the next use tries again.
        """
        if self._is_alone:
            self.disconnect()
            self._is_alone = False
            self._connection = connected(self.file)

    def disconnect(self) -> None:
        """Close the connection, in the thread; the next use opens another."""
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
            "The journal of all documents can't be read (%s): it is in %s now, and a new one is"
            " begun. Documents open as they were saved last.",
            error,
            where,
        )
