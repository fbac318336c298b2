"""Commit updates to the database, together with those that an earlier process left in its log."""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from typing import TYPE_CHECKING

from classroom.lab.storage import history_checkpoints
from classroom.lab.storage.database import Database
from classroom.lab.storage.log_records import together
from classroom.runtime import volume_reserve

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from classroom.lab.storage.disk_report import DiskReport
    from classroom.lab.storage.log_records import Row
    from classroom.lab.storage.write_ahead_log import Log

LOG = logging.getLogger(__name__)


class Commits:
    """The work of each commit in the database's thread, and counts of committed updates."""

    def __init__(self, file: Path, log: Log, disk: DiskReport) -> None:
        """Open the database, and commit there what an earlier process has left in its log.

        Args:
            file: the database's file; created if it isn't there.
            log: the write-ahead log, from which committed updates are removed.
            disk: knows whether writing to the disk fails.
        """
        self._file, self._log, self._disk = file, log, disk
        self.since: Counter[str] = Counter()
        """How many updates were committed since a document's last checkpoint, by its path."""
        self.database = Database(file, self.take_over, log.put_aside)

    def take_over(self, database: sqlite3.Connection) -> None:
        """Commit what an earlier process has left in its log. Call it in the database's thread.

        Args:
            database: the connection to write to.

        Raises:
            sqlite3.Error: it can't be written; nothing was written.
        """
        if left := self._log.rows:
            LOG.info("Read %d updates of an earlier process from the log", len(left))
            made = together(left)
            with database:
                self._insert(database, made)
            self.since.update(row.path for row in made)
        # A committed update that stays in the log is committed twice, which does nothing.
        with contextlib.suppress(OSError):
            self._log.forget()

    def commit(self, database: sqlite3.Connection, rows: list[Row]) -> list[str]:
        """Commit updates, all or none. Call it in the database's thread.

        Args:
            database: the connection to write to.
            rows: the rows of all documents, in order.

        Returns:
            The paths of the documents that are due for a checkpoint.

        Raises:
            sqlite3.Error: they can't be written; none was written.
            OSError: they can't be written; none was written.
        """
        # Don't use the last bytes of the disk: signing in needs them, to delete something.
        volume_reserve.ensure(self._file.parent)
        self.database.share()
        database = self.database.connection
        self.take_over(database)
        # Don't merge updates for each retry: that would delay everybody.
        made = rows if self._disk.is_in_trouble else together(rows)
        with database:  # all or nothing
            self._insert(database, made)
        self.since.update(row.path for row in made)
        with contextlib.suppress(OSError):
            self._log.release()
        paths = {row.path for row in made}
        return [path for path in paths if history_checkpoints.is_due(self.since[path])]

    @staticmethod
    def _insert(database: sqlite3.Connection, rows: list[Row]) -> None:
        database.executemany(
            "INSERT INTO yupdates (path, yupdate, metadata, timestamp) VALUES (?, ?, ?, ?)",
            [(row.path, row.update, row.metadata, row.timestamp) for row in rows],
        )
