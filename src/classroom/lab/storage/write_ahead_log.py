"""The write-ahead log: each update is in the kernel's hands before anybody is sent it.

A process that is killed loses what it has in memory and nothing of what it has given to write(2):
one call costs some microseconds, a commit in SQLite with its flush a hundred times as much. What is
here goes into the database soon after, all documents together; then its file is emptied. Only a
power cut loses what neither has been flushed.

Two files take turns: one takes what comes while the other one's records are being committed.
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

    Their names come before the database's: a backup, which goes by the names, then has all that
    its copy of the database hasn't.

    Args:
        database: the file.
    """
    own = re.compile(rf"{re.escape(database.stem)}-log\.(\d+)")
    numbered = ((own.fullmatch(one.name), one) for one in database.parent.iterdir())
    return [one for _, one in sorted((int(found[1]), one) for found, one in numbered if found)]


def _read(file: Path, database: Path) -> list[tuple[int, Row]] | None:
    """Read what a log has; one that can't be read is put aside, and is None."""
    try:
        return list(decode(file.read_bytes()))
    except OSError as error:
        where = file
        with contextlib.suppress(OSError):
            where = quarantine.place(database, file.name, time.time()).with_suffix(".log")
            file.rename(where)
        LOG.error("The log can't be read, and was put aside (%s): %s", where, error)  # noqa: TRY400
        return None


class Log:
    """What isn't known to be in the database yet."""

    def __init__(self, database: Path) -> None:
        """Read what an earlier process has left, and begin a new file.

        Args:
            database: beside which the files are.
        """
        self._database = database
        files = files_beside(database)
        read = {file: _read(file, database) for file in files}
        reserved = database.with_name(f"{database.stem}-log.0")
        self._left = [file for file in files if read[file] is not None and file != reserved]
        found = [one for rows in read.values() for one in rows or ()]
        found.sort(key=lambda one: one[0])
        self.rows = [row for _, row in found]
        """What was left: to be committed before anything is read, then `forget`."""
        last = max((int(one.suffix[1:]) for one in files), default=0)
        # Both are counted on by the loop and by the thread that commits.
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
        """Remove what an earlier process has left: it is committed."""
        self.rows = []
        while self._left:
            self._left.pop().unlink(missing_ok=True)
        if self._reserve is not None:
            self._reserve.empty(of_before=True)

    def put_aside(self, database: Path) -> None:
        """Put what an earlier process has left beside the database that it builds on.

        In another it would be the end of texts whose beginning isn't there.

        Args:
            database: its file, which was put aside.
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
        """Give a row to the kernel: after this no kill of the process loses it.

        Raises:
            OSError: it couldn't be written; nothing of it was.
        """
        if self._current is None:
            self._current = self._open()
        self._current.append(encode(next(self._numbers), row))

    def append_reserved(self, row: Row) -> None:
        """Give a row to the kernel while the disk is full: into the space that is set aside.

        Raises:
            OSError: that is used up; nothing of the row was written.
        """
        if self._reserve is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._reserve.append(encode(next(self._numbers), row))

    def empty_reserve(self) -> None:
        """Make the space that is set aside free again: all that was appended is committed.

        Raises:
            OSError: it can't be emptied.
        """
        if self._reserve is not None:
            self._reserve.empty()

    def try_out(self) -> None:
        """See whether there is space again, after `append` has failed.

        Raises:
            OSError: there isn't.
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
        """Have the disk take what comes, in any thread; what can't be is left to a commit."""
        for one in (self._current, self._reserve):
            if one is not None:
                with contextlib.suppress(OSError):
                    one.flush()

    def rotate(self) -> None:
        """Begin another file for what comes, if there is a free one: the rest is being committed.

        On the event loop, like `append`.
        """
        if self._spare is not None and self._current is not None:
            self._full.append(self._current)
            self._current, self._spare = self._spare, None

    def release(self) -> None:
        """Empty what was full at the last `rotate`: all of it is committed.

        In the thread that commits: it may wait for the disk.

        Raises:
            OSError: it can't be emptied; its records are then committed twice, which does nothing.
        """
        for one in self._full:
            one.empty()
        full, self._full = self._full, []
        for one in full[1:]:
            one.close()
        if self._spare is None:
            self._spare = full[0] if full else self._open()

    def close(self) -> None:
        """Close the files; those with records that aren't committed stay."""
        for one in (self._current, self._spare, *self._full):
            if one is not None:
                one.close()
        self._current, self._spare, self._full = None, None, []
        if self._reserve is not None:
            self._reserve.close()
            self._reserve = None

    def clear(self) -> None:
        """Empty all files: everything is committed, and nothing comes any more.

        Raises:
            OSError: one can't be emptied.
        """
        for one in (self._current, *self._full):
            if one is not None:
                one.empty()
        if self._reserve is not None and not self.rows:
            self._reserve.empty()
