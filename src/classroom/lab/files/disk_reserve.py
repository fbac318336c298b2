"""Limit what the lab server writes for people: the reserve of the disk is for what they type.

The launcher limits students' processes to `c.Classroom.disk_reserve`. This module limits what the
lab server copies and receives for students, which could fill the disk otherwise.
"""

from __future__ import annotations

import errno
from typing import IO, TYPE_CHECKING, Protocol

from classroom.lab.files.reader import TooLargeError
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from classroom.lab.files.beneath import Root

MB = 1024**2
FULL = gettext_noop(
    "The class's disk is full: delete something first, for example in the file browser."
)
SMALLEST_BYTES = 4096
"""Fewest bytes that anything counts: empty files need space as well."""


class DiskReserveError(OSError):
    """Writing that much would use the disk's reserve."""

    def __init__(self, free: int, kept: int) -> None:
        """Say how much is free.

        Args:
            free: free bytes of the disk.
            kept: bytes that must stay free.
        """
        if free < SMALLEST_BYTES:
            super().__init__(errno.ENOSPC, gettext(FULL))
            return
        if kept:
            words = gettext(
                "Only {free} MB are free on the class's disk, and {kept} MB stay free for what"
                " people type: delete something in a terminal, and empty the trash there"
                " (.local/share/Trash)."
            )
        else:
            words = gettext(
                "Only {free} MB are free on the class's disk: delete something in a terminal, and"
                " empty the trash there (.local/share/Trash)."
            )
        super().__init__(errno.ENOSPC, words.format(free=free // MB, kept=kept // MB))


def left(root: Root) -> int:
    """Say how many bytes may still be written; negative if too few are free already."""
    free, kept = root.space()
    return free - kept


def ensure(root: Root, size: int = SMALLEST_BYTES) -> None:
    """Check that there is space.

    Args:
        root: the class's folder.
        size: bytes to write.

    Raises:
        DiskReserveError: there isn't enough space.
    """
    free, kept = root.space()
    if size > free - kept:
        raise DiskReserveError(free, kept)


class Allowance:
    """Bytes that one operation may write."""

    def __init__(self, most: int) -> None:
        self.most = self.left = most

    def take(self, size: int, name: str) -> None:
        """Use some of the bytes.

        Args:
            size: how many bytes.
            name: name of the file to write, for the error message.

        Raises:
            TooLargeError: fewer bytes are left.
        """
        if size > self.left:
            raise TooLargeError(name, self.most - self.left + size)
        self.left -= size


class Content(Protocol):
    """Something to read to its end."""

    def read(self, size: int, /) -> bytes:
        """Read at most `size` bytes; none at the end."""


class BoundedReader:
    """A reader of a file that may grow meanwhile: it reads no more than it may."""

    def __init__(self, stream: IO[bytes], most: int, name: str) -> None:
        """Start at the stream's position.

        Args:
            stream: the file's content.
            most: most bytes to read.
            name: the file's name.
        """
        self._stream, self._name, self._left = stream, name, Allowance(most)

    def read(self, size: int, /) -> bytes:
        """Read the next bytes.

        Args:
            size: most bytes to read.

        Raises:
            TooLargeError: the file has more bytes than may be read.
        """
        piece = self._stream.read(size)
        self._left.take(len(piece), self._name)
        return piece
