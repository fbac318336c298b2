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
"""Names that a search looks at: a tenth of a second's work."""
DEEPEST = 50


class Held:
    """A file held by a descriptor, whatever its name becomes.

    While it is held, its inode's number goes to no other file. Without that, a file system gives
    the number of a deleted file to the very next one, which would then be taken for it.
    """

    def __init__(self, descriptor: int) -> None:
        """Take over the descriptor, which is closed at `close` or with this object.

        Args:
            descriptor: of the file, opened as a path only.
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
        """Say whether it has a name there.

        Args:
            place: any; a link is a link.

        Raises:
            OSError: it can't be looked at.
        """
        found = place.stat()
        return (found.st_dev, found.st_ino) == self._inode


class Remembered:
    """A file of which only the numbers are known, from before the last start."""

    has_name = True

    def __init__(self, device: int, inode: int) -> None:
        """Know it.

        Args:
            device: of the file system.
            inode: its number there, which another file may have by now.
        """
        self._inode = (device, inode)

    @property
    def number(self) -> int:
        """Its inode's number."""
        return self._inode[1]

    def is_at(self, place: DirectoryEntry) -> bool:
        """As of `Held`."""
        found = place.stat()
        return (found.st_dev, found.st_ino) == self._inode


def hold(root: Root, parts: Parts) -> Held | None:
    """Hold a file; None if it isn't there.

    Args:
        root: the class's folder.
        parts: the path; links are followed.
    """
    try:
        with root.at(parts) as place:
            return Held(place.open(os.O_PATH))
    except OSError:
        return None


def find(root: Root, wanted: Held | Remembered) -> Parts | None:
    """Look for a file in all folders that people see; no link is followed.

    Args:
        root: the class's folder.
        wanted: the file.

    Returns:
        Its path; None where it isn't any more, or only in a hidden folder, such as the trash.
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
        return  # it has gone, or lets nobody in
    waiting.append((below, (*parts, name)))
