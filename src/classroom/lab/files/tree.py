"""Copy, measure and remove folders with all that is in them; no link is followed on the way."""

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
"""Folders in folders that are copied or removed; each is held open meanwhile."""
BLOCK_BYTES = 512
"""Bytes of st_blocks."""


class TooDeepError(OSError):
    """Folders in folders beyond all reason."""

    def __init__(self, name: str) -> None:
        """Name one of them."""
        what = gettext("“{name}” has more than {most} folders in folders.").format(
            name=name, most=DEEPEST
        )
        super().__init__(errno.ENAMETOOLONG, what)


def copy(root: Root, old: Parts, new: Parts, most: int | None = None) -> None:
    """Copy a folder with all files, folders and links that are in it; links stay what they are.

    Args:
        root: the class's folder.
        old: the folder.
        new: the copy, which isn't there yet; what was begun is removed when it can't be finished.
        most: bytes that may be copied, counted as by `size`; None for all that there is space for.

    Raises:
        LeadsOutError: a folder on the way is a link that leads out.
        FileExistsError: something is there.
        TooDeepError: it has too many folders in folders.
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
    """Copy something with all that is in it; what can't be copied as a whole isn't.

    Args:
        source: where it is.
        target: where the copy is to be; nothing is replaced.
        depth: how many folders it is already in.
        allowed: bytes that may be written.
        left_out: None to copy links as links. Else gets the names of what is no file and no folder,
            and of what is hidden in a folder: neither is copied.

    Raises:
        TooDeepError: it has too many folders in folders.
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
    """Remove what has been made when it can't be finished."""
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
            # It may grow meanwhile, and without end.
            while piece := content.read(PIECE_BYTES):
                allowed.take(len(piece), source.name)
                had += stream.write(piece)
            allowed.take(max(0, SMALLEST_BYTES - had), source.name)
            os.fchmod(made, info.st_mode & 0o777 | NEW_FILE_MODE)


def entries(place: DirectoryEntry, depth: int) -> Iterator[DirectoryEntry]:
    """Go through what is in a folder, which is held meanwhile.

    Args:
        place: where it is; a link is no folder.
        depth: how many folders it is already in.

    Raises:
        TooDeepError: they are too many.
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
    """Remove something with all that is in it.

    Args:
        place: where it is.
        depth: how many folders it is already in.

    Raises:
        TooDeepError: it has too many folders in folders.
        OSError: it can't be removed.
    """
    if stat.S_ISDIR(place.stat().st_mode):
        for below in entries(place, depth):
            remove_all(below, depth + 1)
        os.rmdir(place.name, dir_fd=place.folder)
    else:
        os.unlink(place.name, dir_fd=place.folder)


def size(root: Root, parts: Parts, most: int = sys.maxsize) -> int:
    """Add up what a folder's copy takes of the disk at most, in bytes, with all that is in it.

    Of a file with holes the copy has none, and an empty one takes space as well.

    Args:
        root: the class's folder.
        parts: its path.
        most: bytes after which nothing is added up any more.

    Raises:
        TooDeepError: it has too many folders in folders.
        TooLargeError: it has more.
        OSError: it can't be read.
    """
    with root.at(parts) as place:
        return size_of(place, 0, Allowance(most))


def size_of(place: DirectoryEntry, depth: int, allowed: Allowance) -> int:
    """Add up as `size`.

    Args:
        place: where it is.
        depth: how many folders it is already in.
        allowed: bytes after which nothing is added up any more.
    """
    info = place.stat()
    allowed.take(max(info.st_size, info.st_blocks * BLOCK_BYTES, SMALLEST_BYTES), place.name)
    if stat.S_ISDIR(info.st_mode):
        for below in entries(place, depth):
            size_of(below, depth + 1, allowed)
    return allowed.most - allowed.left
