"""The write-ahead log: write each update to a file before it is sent to anybody.

A killed process loses what it has in memory, but nothing that it has passed to write(2). Such a
call costs some microseconds, and a commit in SQLite with its flush a hundred times as much. The
updates go into the database soon after, all documents together, and then the file is emptied. Only
a power cut loses updates, if neither file has been flushed.

Two files take turns: one receives new records while the records of the other are committed.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import logging
import os
import re
import shutil
import time
from typing import TYPE_CHECKING

from classroom.lab.storage import log_segments, quarantine
from classroom.lab.storage.log_records import decode, encode
from classroom.lab.storage.log_segments import LogSegment, ReservedSegment
from classroom.lab.storage.relocation import carry

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.lab.storage.log_records import Row

LOG = logging.getLogger(__name__)


def files_beside(database: Path) -> list[Path]:
    """List the logs of a database, the oldest first.

    Their names sort before the database's. So a backup, which copies files in this order, has
    everything that its copy of the database lacks.

    Args:
        database: the database's file.
    """
    own = re.compile(rf"{re.escape(database.stem)}-log\.(\d+)")
    numbered = ((own.fullmatch(one.name), one) for one in database.parent.iterdir())
    return [one for _, one in sorted((int(found[1]), one) for found, one in numbered if found)]


def _read(file: Path, database: Path) -> list[tuple[int, Row]] | None:
    """Read a log's records; move a log aside that can't be read, and return None."""
    try:
        return list(decode(file.read_bytes()))
    except OSError as error:
        where = file
        with contextlib.suppress(OSError):
            where = quarantine.place(database, file.name, time.time()).with_suffix(".log")
            file.rename(where)
        LOG.error("The log can't be read, and was moved to %s: %s", where, error)  # noqa: TRY400
        return None


class Log:
    """The updates that may not be in the database yet."""

    def __init__(self, database: Path) -> None:
        """Read what an earlier process has left, and prepare for new files.

        Args:
            database: the database's file; the logs are in the same folder.
        """
        self._database = database
        files = files_beside(database)
        read = {file: _read(file, database) for file in files}
        reserved = database.with_name(f"{database.stem}-log.0")
        self._left = [file for file in files if read[file] is not None and file != reserved]
        found = [one for rows in read.values() for one in rows or ()]
        found.sort(key=lambda one: one[0])
        self.rows = [row for _, row in found]
        """Updates that were left: commit them before anything is read, then call `forget`."""
        last = max((int(one.suffix[1:]) for one in files), default=0)
        # The loop and the committing thread both use these counters.
        self._files = itertools.count(last + 1)
        self._numbers = itertools.count(found[-1][0] + 1 if found else 1)
        self._current: LogSegment | None = None
        self._spare: LogSegment | None = None
        self._full: list[LogSegment] = []
        end = sum(len(encode(*one)) for one in read.get(reserved) or ())
        self._reserve: ReservedSegment | None = None
        with contextlib.suppress(OSError):
            self._reserve = ReservedSegment(reserved, end)

    def forget(self) -> None:
        """Remove what an earlier process has left, because it is committed."""
        self.rows = []
        while self._left:
            self._left.pop().unlink(missing_ok=True)
        if self._reserve is not None:
            self._reserve.empty(of_before=True)

    def put_aside(self, database: Path) -> None:
        """Move what an earlier process has left beside the damaged database that it builds on.

        In a new database these updates would lack what they build on.

        Args:
            database: the damaged database's new path.
        """
        self.rows = []
        while self._left:
            one = self._left.pop()
            carry(one, database.with_name(f"{database.stem}-{one.name}"))
        if (reserve := self._reserve) is not None:
            shutil.copy2(reserve.file, database.with_name(f"{database.stem}-{reserve.file.name}"))
            reserve.empty(of_before=True)

    def _open(self) -> LogSegment:
        return LogSegment(
            self._database.with_name(f"{self._database.stem}-log.{next(self._files)}")
        )

    def append(self, row: Row) -> None:
        """Write a row: after this, killing the process doesn't lose it.

        Raises:
            OSError: it couldn't be written; nothing was written.
        """
        if self._current is None:
            self._current = self._open()
        self._current.append(encode(next(self._numbers), row))

    def append_reserved(self, row: Row) -> None:
        """Write a row into the reserved space, while the disk is full.

        Raises:
            OSError: the space is used up; nothing was written.
        """
        if self._reserve is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._reserve.append(encode(next(self._numbers), row))

    def empty_reserve(self) -> None:
        """Empty the reserved space, because everything in it is committed.

        Raises:
            OSError: it can't be emptied.
        """
        if self._reserve is not None:
            self._reserve.empty()

    def try_out(self) -> None:
        """Check for space after `append` has failed.

        Raises:
            OSError: there is no space.
        """
        if self._current is None:
            self._current = self._open()
        self._current.try_out()
        if self._reserve is None:
            self._reserve = ReservedSegment(
                self._database.with_name(f"{self._database.stem}-log.0")
            )
        elif self._reserve.size < log_segments.RESERVED_BYTES:
            self._reserve.allocate()

    def flush(self) -> None:
        """Flush the files to the disk, in any thread; ignore errors, because a commit follows."""
        for one in (self._current, self._reserve):
            if one is not None:
                with contextlib.suppress(OSError):
                    one.flush()

    def rotate(self) -> None:
        """Switch to the other file, if it is free, while this one's records are committed.

        Call it on the event loop, like `append`.
        """
        if self._spare is not None and self._current is not None:
            self._full.append(self._current)
            self._current, self._spare = self._spare, None

    def release(self) -> None:
        """Empty the files of the last `rotate`, whose records are committed.

        Call it in the committing thread, because it may wait for the disk.

        Raises:
            OSError: a file can't be emptied; then its records are committed twice, which does
                nothing.
        """
        for one in self._full:
            one.empty()
        full, self._full = self._full, []
        for one in full[1:]:
            one.close()
        if self._spare is None:
            self._spare = full[0] if full else self._open()

    def close(self) -> None:
        """Close the files, and keep those with uncommitted records."""
        for one in (self._current, self._spare, *self._full):
            if one is not None:
                one.close()
        self._current, self._spare, self._full = None, None, []
        if self._reserve is not None:
            self._reserve.close()
            self._reserve = None

    def clear(self) -> None:
        """Empty all files, because everything is committed and nothing follows.

        Raises:
            OSError: one can't be emptied.
        """
        for one in (self._current, *self._full):
            if one is not None:
                one.empty()
        if self._reserve is not None and not self.rows:
            self._reserve.empty()
