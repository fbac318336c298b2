"""How much the lab server may write for people: the last of the disk is for what they type.

Students' processes are held to `c.Classroom.disk_reserve` by the launcher. What the lab server
copies and takes in for students is held to it here; without that it would fill the disk for them.
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
"""Bytes that anything counts at least: empty files take space as well."""


class DiskReserveError(OSError):
    """So much may not be written any more."""

    def __init__(self, free: int, kept: int) -> None:
        """Say how much is free.

        Args:
            free: bytes of the disk that are.
            kept: bytes that stay so.
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
    """Say how many bytes may still be written; negative when fewer are free than should be."""
    free, kept = root.space()
    return free - kept


def ensure(root: Root, size: int = SMALLEST_BYTES) -> None:
    """See that there is space.

    Args:
        root: the class's folder.
        size: bytes that are to be written.

    Raises:
        DiskReserveError: there is none.
    """
    free, kept = root.space()
    if size > free - kept:
        raise DiskReserveError(free, kept)


class Allowance:
    """Bytes that one operation may write."""

    def __init__(self, most: int) -> None:
        self.most = self.left = most

    def take(self, size: int, name: str) -> None:
        """Use some of them.

        Args:
            size: how many.
            name: what for.

        Raises:
            TooLargeError: they are more than are left.
        """
        if size > self.left:
            raise TooLargeError(name, self.most - self.left + size)
        self.left -= size


class Content(Protocol):
    """What can be read to its end."""

    def read(self, size: int, /) -> bytes:
        """Read at most so many bytes; none at the end."""


class BoundedReader:
    """A file's content that may grow while it is read, and is read only so far."""

    def __init__(self, stream: IO[bytes], most: int, name: str) -> None:
        """Begin.

        Args:
            stream: the file's content.
            most: bytes that may be read.
            name: the file's.
        """
        self._stream, self._name, self._left = stream, name, Allowance(most)

    def read(self, size: int, /) -> bytes:
        """Read on.

        Args:
            size: at most so many bytes.

        Raises:
            TooLargeError: the file has more than may be read.
        """
        piece = self._stream.read(size)
        self._left.take(len(piece), self._name)
        return piece
