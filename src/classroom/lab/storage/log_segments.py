"""The files of the write-ahead log: one that grows, and one whose space is set aside."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from typing import TYPE_CHECKING

from classroom.lab.storage.log_records import END

if TYPE_CHECKING:
    from pathlib import Path

FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
RESERVED_BYTES = 4 << 20
"""Bytes that are set aside for what people type while the disk is full."""
FREE_AGAIN_BYTES = 1 << 18
"""Bytes that must be free after the disk was full, before it counts as having space again."""


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
            self.append(bytes(FREE_AGAIN_BYTES))
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
            os.posix_fallocate(self._descriptor, 0, RESERVED_BYTES)
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
