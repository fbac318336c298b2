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
    """What is done in the database's thread for each commit, and how much was committed since."""

    def __init__(self, file: Path, log: Log, disk: DiskReport) -> None:
        """Open the database, and commit there what an earlier process has left in its log.

        Args:
            file: the database's file; created if it isn't there.
            log: emptied of what is committed.
            disk: knows whether the disk takes what is written.
        """
        self._file, self._log, self._disk = file, log, disk
        self.since: Counter[str] = Counter()
        """Updates that were committed since a document's last checkpoint, by its path."""
        self.database = Database(file, self.take_over, log.put_aside)

    def take_over(self, database: sqlite3.Connection) -> None:
        """Commit what an earlier process has left in its log. In the database's thread.

        Args:
            database: where to.

        Raises:
            sqlite3.Error: it can't be written; nothing of it was.
        """
        if left := self._log.rows:
            LOG.info("Read %d updates of an earlier process from the log", len(left))
            made = together(left)
            with database:
                self._insert(database, made)
            self.since.update(row.path for row in made)
        # What stays in the log though it is committed is taken over twice, which does nothing.
        with contextlib.suppress(OSError):
            self._log.forget()

    def commit(self, database: sqlite3.Connection, rows: list[Row]) -> list[str]:
        """Commit updates, all or none. In the database's thread.

        Args:
            database: where to.
            rows: the rows of all documents, in order.

        Returns:
            The paths of the documents that are due for a checkpoint.

        Raises:
            sqlite3.Error: they can't be written; none of them was.
            OSError: likewise.
        """
        # The last of the disk isn't for us: without it nobody could sign in to make room.
        volume_reserve.ensure(self._file.parent)
        self.database.share()
        database = self.database.connection
        self.take_over(database)
        # What is tried again and again isn't merged each time: that would hold up everybody.
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
