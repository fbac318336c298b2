"""Copy, measure and remove folders with everything in them; follow no link."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from typing import TYPE_CHECKING

from classroom.lab.files.atomic_write import NEW_FILE_MODE
from classroom.lab.files.directory_entry import DirectoryEntry
from classroom.lab.files.disk_reserve import SMALLEST_BYTES, Allowance, left
from classroom.lab.files.reader import PIECE_BYTES, NoFileError
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import Parts

DEEPEST = 100
"""Deepest nesting of folders to copy or remove: each folder is held open meanwhile."""
BLOCK_BYTES = 512
"""Bytes of one block of ``st_blocks``."""


class TooDeepError(OSError):
    """Folders are nested too deep."""

    def __init__(self, name: str) -> None:
        """Name one of the folders."""
        what = gettext("“{name}” has folders nested more than {most} levels deep.").format(
            name=name, most=DEEPEST
        )
        super().__init__(errno.ENAMETOOLONG, what)


def copy(root: Root, old: Parts, new: Parts, most: int | None = None) -> None:
    """Copy a folder with all files, folders and links in it; copy links as links.

    Args:
        root: the class's folder.
        old: the folder's path.
        new: the copy's path, which must be free. A copy that fails is removed again.
        most: most bytes to copy, counted as by `size`; None for as many as there is space for.

    Raises:
        LeadsOutError: a folder on the path is a link that leads out.
        FileExistsError: the copy's path is taken.
        TooDeepError: its folders are nested too deep.
        TooLargeError: it has more bytes, or has grown meanwhile.
        OSError: it can't be copied.
    """
    if new[: len(old)] == old:
        raise OSError(errno.EINVAL, "a folder can't be copied into itself")
    with root.at(old) as source, root.at(new, follow=False) as target:
        copy_all(source, target, 0, Allowance(left(root) if most is None else most))


def copy_all(
    source: DirectoryEntry,
    target: DirectoryEntry,
    depth: int,
    allowed: Allowance,
    left_out: list[str] | None = None,
) -> None:
    """Copy a file, folder or link with everything in it; remove the copy again if that fails.

    Args:
        source: the file, folder or link to copy.
        target: where to put the copy; nothing is replaced.
        depth: how many folders it is already in.
        allowed: how many bytes may be written.
        left_out: None to copy links as links. Otherwise only files and folders are copied, and no
            hidden ones in folders; this list receives the names of the others.

    Raises:
        TooDeepError: its folders are nested too deep.
        TooLargeError: it has more bytes.
        OSError: it can't be copied.
    """
    mode = source.stat().st_mode
    if stat.S_ISREG(mode):
        _copy_file(source, target, allowed)
        return
    if left_out is not None and not stat.S_ISDIR(mode):
        left_out.append(source.name)
        return
    allowed.take(SMALLEST_BYTES, source.name)
    if stat.S_ISLNK(mode):
        pointed = os.readlink(source.name, dir_fd=source.folder)
        os.symlink(pointed, target.name, dir_fd=target.folder)
    elif stat.S_ISDIR(mode):
        os.mkdir(target.name, 0o777, dir_fd=target.folder)
        with _or_not_at_all(target, depth):
            made = target.open(os.O_RDONLY | os.O_DIRECTORY)
            try:
                for below in entries(source, depth):
                    if left_out is not None and below.name.startswith("."):
                        left_out.append(below.name)
                        continue
                    copy = DirectoryEntry(made, below.name)
                    copy_all(below, copy, depth + 1, allowed, left_out)
            finally:
                os.close(made)


@contextlib.contextmanager
def _or_not_at_all(target: DirectoryEntry, depth: int) -> Iterator[None]:
    """Remove an unfinished copy."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            remove_all(target, depth)
        raise


def _copy_file(source: DirectoryEntry, target: DirectoryEntry, allowed: Allowance) -> None:
    with os.fdopen(source.open(os.O_RDONLY), "rb") as content:
        info = os.fstat(content.fileno())
        if not stat.S_ISREG(info.st_mode):
            raise NoFileError(source.name, info.st_mode)
        made = target.open(os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        with _or_not_at_all(target, 0), os.fdopen(made, "wb") as stream:
            had = 0
            # The file may grow meanwhile, and without end.
            while piece := content.read(PIECE_BYTES):
                allowed.take(len(piece), source.name)
                had += stream.write(piece)
            allowed.take(max(0, SMALLEST_BYTES - had), source.name)
            os.fchmod(made, info.st_mode & 0o777 | NEW_FILE_MODE)


def entries(place: DirectoryEntry, depth: int) -> Iterator[DirectoryEntry]:
    """Iterate over a folder's entries, and hold the folder open meanwhile.

    Args:
        place: where the folder is; a link isn't a folder.
        depth: how many folders it is already in.

    Raises:
        TooDeepError: its folders are nested too deep.
        OSError: it can't be listed.
    """
    if depth >= DEEPEST:
        raise TooDeepError(place.name)
    held = place.open(os.O_RDONLY | os.O_DIRECTORY)
    try:
        with os.scandir(held) as scan:
            names = [one.name for one in scan]
        for name in names:
            yield DirectoryEntry(held, name)
    finally:
        os.close(held)


def remove_all(place: DirectoryEntry, depth: int) -> None:
    """Remove a file, folder or link with everything in it.

    Args:
        place: the file, folder or link.
        depth: how many folders it is already in.

    Raises:
        TooDeepError: its folders are nested too deep.
        OSError: it can't be removed.
    """
    if stat.S_ISDIR(place.stat().st_mode):
        for below in entries(place, depth):
            remove_all(below, depth + 1)
        os.rmdir(place.name, dir_fd=place.folder)
    else:
        os.unlink(place.name, dir_fd=place.folder)


def size(root: Root, parts: Parts, most: int = sys.maxsize) -> int:
    """Return how many bytes of the disk a folder's copy takes at most.

    The copy of a file with holes has no holes, and an empty file takes space as well.

    Args:
        root: the class's folder.
        parts: its path.
        most: bytes after which to stop counting.

    Raises:
        TooDeepError: its folders are nested too deep.
        TooLargeError: it has more bytes.
        OSError: it can't be read.
    """
    with root.at(parts) as place:
        return size_of(place, 0, Allowance(most))


def size_of(place: DirectoryEntry, depth: int, allowed: Allowance) -> int:
    """Count bytes as `size` does, for a file or folder.

    Args:
        place: the file or folder.
        depth: how many folders it is already in.
        allowed: bytes after which to stop counting.
    """
    info = place.stat()
    allowed.take(max(info.st_size, info.st_blocks * BLOCK_BYTES, SMALLEST_BYTES), place.name)
    if stat.S_ISDIR(info.st_mode):
        for below in entries(place, depth):
            size_of(below, depth + 1, allowed)
    return allowed.most - allowed.left
