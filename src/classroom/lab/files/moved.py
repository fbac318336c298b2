"""Find a file that a program has moved: its path changes, its device and inode do not."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING

from classroom.lab.files.directory_entry import DirectoryEntry

if TYPE_CHECKING:
    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import Parts

MOST_ENTRIES = 200_000
"""Most names that a search looks at, which takes a tenth of a second."""
DEEPEST = 50


class Held:
    """A file that is held open by a descriptor, and is found also under another name.

    While it is open, no other file gets its inode's number. Otherwise a file system gives the
    number of a deleted file to the next new file, which the lab would then mistake for it.
    """

    def __init__(self, descriptor: int) -> None:
        """Take over the descriptor; `close` or the end of this object closes it.

        Args:
            descriptor: the file's descriptor, opened as a path only.
        """
        self._descriptor = descriptor
        found = os.fstat(descriptor)
        self._inode = (found.st_dev, found.st_ino)
        self.close = weakref.finalize(self, os.close, descriptor)
        """Close the descriptor; a second call does nothing."""

    @property
    def device(self) -> int:
        """The number of its file system."""
        return self._inode[0]

    @property
    def number(self) -> int:
        """Its inode's number."""
        return self._inode[1]

    @property
    def has_name(self) -> bool:
        """Whether it is in any folder at all."""
        return self.close.alive and os.fstat(self._descriptor).st_nlink > 0

    def is_at(self, place: DirectoryEntry) -> bool:
        """Say whether a place is a name of this file.

        Args:
            place: any place; a link isn't followed.

        Raises:
            OSError: the place can't be looked at.
        """
        found = place.stat()
        return (found.st_dev, found.st_ino) == self._inode


class Remembered:
    """A file known only by its numbers, from before the last start."""

    has_name = True

    def __init__(self, device: int, inode: int) -> None:
        """Remember the file's numbers.

        Args:
            device: the file system's number.
            inode: the file's inode number, which another file may have by now.
        """
        self._inode = (device, inode)

    @property
    def number(self) -> int:
        """Its inode's number."""
        return self._inode[1]

    def is_at(self, place: DirectoryEntry) -> bool:
        """Say whether a place is a name of this file, as `Held.is_at`."""
        found = place.stat()
        return (found.st_dev, found.st_ino) == self._inode


def hold(root: Root, parts: Parts) -> Held | None:
    """Hold a file open; None if it isn't there.

    Args:
        root: the class's folder.
        parts: the file's path; links are followed.
    """
    try:
        with root.at(parts) as place:
            return Held(place.open(os.O_PATH))
    except OSError:
        return None


def find(root: Root, wanted: Held | Remembered) -> Parts | None:
    """Search all folders that people see for a file; follow no link.

    Args:
        root: the class's folder.
        wanted: the file.

    Returns:
        Its path; None if it is gone, or only in a hidden folder such as the trash.
    """
    if not wanted.has_name:
        return None
    left = MOST_ENTRIES
    with root.at(()) as top:
        waiting: list[tuple[int, Parts]] = [(top.open(os.O_RDONLY | os.O_DIRECTORY), ())]
    try:
        while waiting:
            folder, parts = waiting.pop()
            try:
                with os.scandir(folder) as scan:
                    for entry in scan:
                        left -= 1
                        if left < 0:
                            return None
                        if entry.name.startswith("."):
                            continue
                        if entry.inode() == wanted.number and _is(folder, entry.name, wanted):
                            return (*parts, entry.name)
                        if entry.is_dir(follow_symlinks=False) and len(parts) < DEEPEST:
                            _enter(folder, entry.name, parts, waiting)
            finally:
                os.close(folder)
    finally:
        for folder, _ in waiting:
            os.close(folder)
    return None


def _is(folder: int, name: str, wanted: Held | Remembered) -> bool:
    try:
        return wanted.is_at(DirectoryEntry(folder, name))
    except OSError:
        return False  # it has gone again


def _enter(folder: int, name: str, parts: Parts, waiting: list[tuple[int, Parts]]) -> None:
    try:
        below = DirectoryEntry(folder, name).open(os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return  # it has gone, or can't be entered
    waiting.append((below, (*parts, name)))
