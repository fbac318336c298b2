"""The files of the write-ahead log: one that grows, and one with reserved space."""

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
"""Bytes that are reserved for what people type while the disk is full."""
FREE_AGAIN_BYTES = 1 << 18
"""How many bytes must be free before a full disk counts as having space again."""


class LogSegment:
    """One file of records, to which new ones are appended."""

    def __init__(self, file: Path) -> None:
        """Open the file, and empty it.

        Raises:
            OSError: it can't be opened.
        """
        self.file = file
        self._descriptor = os.open(file, FLAGS, 0o600)
        os.ftruncate(self._descriptor, 0)
        self._end = 0

    def append(self, record: bytes) -> None:
        """Write a record, or nothing of it.

        Raises:
            OSError: it couldn't be written, as on a full disk.
        """
        written = 0
        try:
            while written < len(record):
                rest = record[written:] if written else record
                written += os.pwrite(self._descriptor, rest, self._end + written)
        except OSError:
            # Half a record would hide the records after it.
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._end)
            raise
        self._end += written

    def try_out(self) -> None:
        """Check that there is space for some time of typing.

        Raises:
            OSError: there isn't enough space.
        """
        end = self._end
        try:
            self.append(bytes(FREE_AGAIN_BYTES))
        finally:
            os.ftruncate(self._descriptor, end)
            self._end = end

    def flush(self) -> None:
        """Flush all records to the disk.

        Raises:
            OSError: the disk fails.
        """
        os.fdatasync(self._descriptor)

    def empty(self) -> None:
        """Remove all records.

        Raises:
            OSError: the file can't be emptied.
        """
        os.ftruncate(self._descriptor, 0)
        self._end = 0

    def close(self) -> None:
        """Close the file, and remove it if it is empty."""
        os.close(self._descriptor)
        if not self._end:
            self.file.unlink(missing_ok=True)


class ReservedSegment:
    """A file with reserved space for updates that come while the disk is full.

    Its blocks stay allocated, also from one process to the next, so that nothing else on the disk
    can use them. File systems that copy on write can't promise that; writing may fail there.
    """

    def __init__(self, file: Path, end: int = 0) -> None:
        """Open the file, and reserve its space.

        Args:
            file: the file; created if it isn't there.
            end: the end of the records that an earlier process has left in it, in bytes.

        Raises:
            OSError: it can't be opened.
        """
        self.file = file
        self._descriptor = os.open(file, FLAGS, 0o600)
        self._end = self._left = end
        self._lock = threading.Lock()  # the loop and the committing thread share it
        self.size = 0
        self.allocate()

    def allocate(self) -> None:
        """Reserve the space, as far as the disk has it."""
        with contextlib.suppress(OSError):
            os.posix_fallocate(self._descriptor, 0, RESERVED_BYTES)
        self.size = os.fstat(self._descriptor).st_size

    def append(self, record: bytes) -> None:
        """Write a record, or nothing of it.

        Raises:
            OSError: the space is used up (ENOSPC), or the record couldn't be written.
        """
        with self._lock:
            if self._end + len(record) + len(END) > self.size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if os.pwrite(self._descriptor, record + END, self._end) < len(record):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._end += len(record)

    def empty(self, *, of_before: bool = False) -> None:
        """Remove all records; keep the space reserved.

        Args:
            of_before: whether to remove them only if they are all from an earlier process.

        Raises:
            OSError: the file can't be emptied; then the records are committed twice, which does
                nothing.
        """
        with self._lock:
            if self._end and not (of_before and self._end != self._left):
                os.pwrite(self._descriptor, END, 0)
                self._end = 0

    def flush(self) -> None:
        """Flush all records to the disk.

        Raises:
            OSError: the disk fails.
        """
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Close the file, and keep it."""
        os.close(self._descriptor)
