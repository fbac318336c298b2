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
import struct
import threading
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.lab.storage import quarantine
from classroom.lab.storage.relocation import carry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAD = struct.Struct("<II")
"""Length of what follows it, and its CRC-32."""
BODY = struct.Struct("<QdHI")
"""Number, seconds since the epoch, length of the path, length of the metadata."""
END = bytes(HEAD.size)
"""What follows the last record in the reserve, where older ones may follow it."""
LOG = logging.getLogger(__name__)
FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
RESERVED = 4 << 20
"""Bytes that are set aside for what people type while the disk is full."""
ROOM = 1 << 18
"""Bytes that must be free after the disk was full, before it counts as having space again."""


@dataclass(frozen=True)
class Row:
    """One update of one document.

    Attributes:
        path: the document's, as upstream names it.
        update: as of the Yjs protocol.
        metadata: anything that the store's user wants beside it.
        timestamp: seconds since the epoch.
    """

    path: str
    update: bytes
    metadata: bytes
    timestamp: float


def encode(number: int, row: Row) -> bytes:
    """Make a record of a row.

    Args:
        number: by which records are put in order.
        row: what to keep.
    """
    path = row.path.encode()
    body = BODY.pack(number, row.timestamp, len(path), len(row.metadata))
    body = b"".join((body, path, row.metadata, row.update))
    return HEAD.pack(len(body), zlib.crc32(body)) + body


def decode(data: bytes) -> Iterator[tuple[int, Row]]:
    """Go through a file's records, up to the first that isn't whole.

    The last one may be torn: its process was killed while it wrote, and had sent it to nobody.

    Args:
        data: of the whole file.
    """
    at = 0
    while len(data) - at >= HEAD.size:
        length, crc = HEAD.unpack_from(data, at)
        body = data[at + HEAD.size : at + HEAD.size + length]
        if not BODY.size <= length == len(body) or zlib.crc32(body) != crc:
            return
        number, timestamp, path, metadata = BODY.unpack_from(body)
        name, update = BODY.size + path, BODY.size + path + metadata
        if update > length:
            return
        yield (
            number,
            Row(
                body[BODY.size : name].decode(errors="replace"),
                body[update:],
                body[name:update],
                timestamp,
            ),
        )
        at += HEAD.size + length


class LogSegment:
    """One file of records, written at its end."""

    def __init__(self, file: Path) -> None:
        """Open it.

        Raises:
            OSError: it can't be.
        """
        self.file = file
        self._descriptor = os.open(file, FLAGS, 0o600)
        os.ftruncate(self._descriptor, 0)
        self._end = 0

    def append(self, record: bytes) -> None:
        """Give a record to the kernel, or nothing of it.

        Raises:
            OSError: it couldn't be written, as when the disk is full.
        """
        written = 0
        try:
            while written < len(record):
                rest = record[written:] if written else record
                written += os.pwrite(self._descriptor, rest, self._end + written)
        except OSError:
            # Half a record would hide those that come after it.
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._end)
            raise
        self._end += written

    def try_out(self) -> None:
        """See whether there is space for some time of typing.

        Raises:
            OSError: there isn't.
        """
        end = self._end
        try:
            self.append(bytes(ROOM))
        finally:
            os.ftruncate(self._descriptor, end)
            self._end = end

    def flush(self) -> None:
        """Have the disk take all records.

        Raises:
            OSError: it doesn't.
        """
        os.fdatasync(self._descriptor)

    def empty(self) -> None:
        """Forget all records.

        Raises:
            OSError: it can't be.
        """
        os.ftruncate(self._descriptor, 0)
        self._end = 0

    def close(self) -> None:
        """Close it, and remove it if nothing is in it."""
        os.close(self._descriptor)
        if not self._end:
            self.file.unlink(missing_ok=True)


class ReservedSegment:
    """Space that is set aside for updates that come while the disk is full.

    Its blocks stay allocated, also from one process to the next: nothing else on the disk can take
    them. Where a file system can't promise that (those that copy on write), it is one try more.
    """

    def __init__(self, file: Path, end: int = 0) -> None:
        """Open it.

        Args:
            file: made when it isn't there.
            end: of the records that an earlier process has left in it, in bytes.

        Raises:
            OSError: it can't be.
        """
        self.file = file
        self._descriptor = os.open(file, FLAGS, 0o600)
        self._end = self._left = end
        self._lock = threading.Lock()  # of the loop, and of the thread that commits
        self.size = 0
        self.allocate()

    def allocate(self) -> None:
        """Set the space aside, as far as there is any."""
        with contextlib.suppress(OSError):
            os.posix_fallocate(self._descriptor, 0, RESERVED)
        self.size = os.fstat(self._descriptor).st_size

    def append(self, record: bytes) -> None:
        """Give a record to the kernel, or nothing of it.

        Raises:
            OSError: it has no space left (ENOSPC), or couldn't be written.
        """
        with self._lock:
            if self._end + len(record) + len(END) > self.size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if os.pwrite(self._descriptor, record + END, self._end) < len(record):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._end += len(record)

    def empty(self, *, of_before: bool = False) -> None:
        """Forget all records; the space stays set aside.

        Args:
            of_before: whether only to do so if they are all an earlier process's.

        Raises:
            OSError: it can't be; the records are then committed twice, which does nothing.
        """
        with self._lock:
            if self._end and not (of_before and self._end != self._left):
                os.pwrite(self._descriptor, END, 0)
                self._end = 0

    def flush(self) -> None:
        """Have the disk take all records.

        Raises:
            OSError: it doesn't.
        """
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Close it; the file stays."""
        os.close(self._descriptor)


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
        elif self._reserve.size < RESERVED:
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
