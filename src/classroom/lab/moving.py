"""Rename, copy and put away what is in the class's folder; no link is followed on the way down."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import time
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import quote

from classroom.lab.held import Place
from classroom.lab.naming import take
from classroom.lab.reading import PIECE, NoFileError
from classroom.lab.spare import SMALLEST, Allowance, ensure, left
from classroom.lab.whole import NEW_FILE_MODE, append

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classroom.lab.beneath import Root
    from classroom.lab.held import Parts

DEEPEST = 100
"""Folders in folders that are copied or removed; each is held open meanwhile."""
TRASH: Parts = (".local", "share", "Trash")
"""Where deleted things go, as desktops have it (freedesktop.org, Trash specification 1.0)."""
BLOCK = 512
"""Bytes of st_blocks."""


class TooDeepError(OSError):
    """Folders in folders beyond all reason."""

    def __init__(self, name: str) -> None:
        """Name one of them."""
        super().__init__(errno.ENAMETOOLONG, f"{name} has more than {DEEPEST} folders in it")


def rename(root: Root, old: Parts, new: Parts) -> None:
    """Rename or move a file, a folder or a link; nothing is replaced.

    Args:
        root: the class's folder.
        old: where it is.
        new: where it is to be.

    Raises:
        LeadsOutError: a folder on the way is a link that leads out.
        FileExistsError: something is there.
        OSError: it can't be moved.
    """
    with root.at(old, follow=False) as source, root.at(new, follow=False) as target:
        _move(root, source, target)


def _move(root: Root, source: Place, target: Place) -> None:
    try:
        take(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # To or from a folder that a tutor has mounted; or a kernel whose Landlock lets nothing be
        # moved to another folder (before 5.19).
        if not Place(source.folder, ".").allows(os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), source.name) from None
        ensure(root, _size(source, 0, Allowance(sys.maxsize)))
        _copy(source, target, 0, Allowance(left(root)))
        _remove(source, 0)


def make_folder(root: Root, parts: Parts, *, new: bool = False) -> None:
    """Make a folder, unless there is one.

    Args:
        root: the class's folder.
        parts: its path.
        new: whether the name must be free.

    Raises:
        LeadsOutError: it, or a folder on the way, is a link that leads out.
        FileExistsError: something else has that name.
        OSError: it can't be made.
    """
    with root.at(parts) as place:
        try:
            os.mkdir(place.name, 0o777, dir_fd=place.folder)
        except FileExistsError:
            if new or not stat.S_ISDIR(place.stat().st_mode):
                raise


def copy(root: Root, old: Parts, new: Parts, most: int | None = None) -> None:
    """Copy a folder with all files, folders and links that are in it; links stay what they are.

    Args:
        root: the class's folder.
        old: the folder.
        new: the copy, which isn't there yet; what was begun is removed when it can't be finished.
        most: bytes that may be copied, counted as by `size`; None for all that there is room for.

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
        _copy(source, target, 0, Allowance(left(root) if most is None else most))


def _copy(source: Place, target: Place, depth: int, allowed: Allowance) -> None:
    mode = source.stat().st_mode
    if stat.S_ISREG(mode):
        _copy_file(source, target, allowed)
        return
    allowed.take(SMALLEST, source.name)
    if stat.S_ISLNK(mode):
        pointed = os.readlink(source.name, dir_fd=source.folder)
        os.symlink(pointed, target.name, dir_fd=target.folder)
    elif stat.S_ISDIR(mode):
        os.mkdir(target.name, 0o777, dir_fd=target.folder)
        with _or_not_at_all(target, depth):
            made = target.open(os.O_RDONLY | os.O_DIRECTORY)
            try:
                for below in _below(source, depth):
                    _copy(below, Place(made, below.name), depth + 1, allowed)
            finally:
                os.close(made)


@contextlib.contextmanager
def _or_not_at_all(target: Place, depth: int) -> Iterator[None]:
    """Remove what has been made when it can't be finished."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            _remove(target, depth)
        raise


def _copy_file(source: Place, target: Place, allowed: Allowance) -> None:
    with os.fdopen(source.open(os.O_RDONLY), "rb") as content:
        info = os.fstat(content.fileno())
        if not stat.S_ISREG(info.st_mode):
            raise NoFileError(source.name)
        made = target.open(os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        with _or_not_at_all(target, 0), os.fdopen(made, "wb") as stream:
            had = 0
            # It may grow meanwhile, and without end.
            while piece := content.read(PIECE):
                allowed.take(len(piece), source.name)
                had += stream.write(piece)
            allowed.take(max(0, SMALLEST - had), source.name)
            os.fchmod(made, info.st_mode & 0o777 | NEW_FILE_MODE)


def _below(place: Place, depth: int) -> Iterator[Place]:
    """Go through what is in a folder, which is held meanwhile."""
    if depth >= DEEPEST:
        raise TooDeepError(place.name)
    held = place.open(os.O_RDONLY | os.O_DIRECTORY)
    try:
        with os.scandir(held) as scan:
            names = [one.name for one in scan]
        for name in names:
            yield Place(held, name)
    finally:
        os.close(held)


def remove(root: Root, parts: Parts) -> None:
    """Remove a file or a link, for good.

    Args:
        root: the class's folder.
        parts: its path.

    Raises:
        LeadsOutError: a folder on the way is a link that leads out.
        OSError: it can't be removed.
    """
    with root.at(parts, follow=False) as place:
        os.unlink(place.name, dir_fd=place.folder)


def _remove(place: Place, depth: int) -> None:
    if stat.S_ISDIR(place.stat().st_mode):
        for below in _below(place, depth):
            _remove(below, depth + 1)
        os.rmdir(place.name, dir_fd=place.folder)
    else:
        os.unlink(place.name, dir_fd=place.folder)


def size(root: Root, parts: Parts, most: int = sys.maxsize) -> int:
    """Add up what a folder's copy takes of the disk at most, in bytes, with all that is in it.

    Of a file with holes the copy has none, and an empty one takes room as well.

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
        return _size(place, 0, Allowance(most))


def _size(place: Place, depth: int, allowed: Allowance) -> int:
    info = place.stat()
    allowed.take(max(info.st_size, info.st_blocks * BLOCK, SMALLEST), place.name)
    if stat.S_ISDIR(info.st_mode):
        for below in _below(place, depth):
            _size(below, depth + 1, allowed)
    return allowed.most - allowed.left


def put_away(root: Root, parts: Parts) -> None:
    """Put something into the class's trash; a link goes, and not what it leads to.

    Args:
        root: the class's folder.
        parts: its path.

    Raises:
        LeadsOutError: a folder on the way is a link that leads out.
        OSError: it can't be put there.
    """
    with (
        root.at(parts, follow=False) as place,
        root.made((*TRASH, "files")) as files,
        root.made((*TRASH, "info")),
    ):
        place.stat()
        for number in count(1):
            short = os.fsdecode(os.fsencode(place.name)[:200])
            name = place.name if number == 1 else f"{short} {number}"
            try:
                _move(root, place, Place(files, name))
            except FileExistsError:
                continue
            break
    note = f"[Trash Info]\nPath={quote(os.fsencode('/'.join(parts)))}\n"
    note += f"DeletionDate={time.strftime('%Y-%m-%dT%H:%M:%S')}\n"
    with contextlib.suppress(OSError):  # it is there all the same; desktops don't know where from
        append(root, (*TRASH, "info", f"{name}.trashinfo"), note.encode())
