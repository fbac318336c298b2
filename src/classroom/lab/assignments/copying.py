"""Copy assignments: into the lab's own store, to students, and to nbgrader's folder; blocking.

Anybody may have written the class's files. So links and hidden files are left out, and the person
who unpacks or grades an assignment finds only files and folders. A copy into the class's files
replaces nothing.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.lab.files import tree
from classroom.lab.files.atomic_write import flush, put_at
from classroom.lab.files.directory_entry import DirectoryEntry, NoFolderError
from classroom.lab.files.disk_reserve import Allowance, ensure
from classroom.lab.files.link_atomically import take
from classroom.lab.files.reader import NoFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import Parts

MB = 1024**2
LARGEST_BYTES = 100 * MB
"""Most bytes of an assignment, counted as by `tree.size`."""

CHECKPOINTS = ".ipynb_checkpoints"
"""JupyterLab's folder beside notebooks, which isn't reported as left out."""


@dataclass
class Placed:
    """The result of handing out to one student.

    Attributes:
        added: the number of new files.
        kept: the number of files that the student had already, which are unchanged.
        blocked: the number of paths at which the student has something of another kind.
    """

    added: int = 0
    kept: int = 0
    blocked: int = 0


def take_in(source: DirectoryEntry, target: DirectoryEntry) -> list[str]:
    """Copy a file or folder of the class into a new folder of the store, and flush it to the disk.

    Args:
        source: the file or folder.
        target: the new folder's place, which is free.

    Returns:
        The names of what was left out: links, programs' pipes and the like, and hidden files.

    Raises:
        TooLargeError: it has more bytes than `LARGEST_BYTES`.
        TooDeepError: its folders are nested too deep.
        NoFileError: it is neither a file nor a folder.
        OSError: it can't be read, or there is no space for it.
    """
    left_out: list[str] = []
    allowed = Allowance(LARGEST_BYTES)
    mode = source.stat().st_mode
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise NoFileError(source.name, mode)
    try:
        if stat.S_ISDIR(mode):
            tree.copy_all(source, target, 0, allowed, left_out)
        else:
            os.mkdir(target.name, 0o777, dir_fd=target.folder)
            with _held(target) as folder:
                tree.copy_all(source, DirectoryEntry(folder, source.name), 1, allowed)
        flush_all(target, 0)
    except BaseException:
        drop(target)
        raise
    return [name for name in left_out if name != CHECKPOINTS]


@contextlib.contextmanager
def _held(place: DirectoryEntry) -> Iterator[int]:
    held = place.open(os.O_PATH | os.O_DIRECTORY)
    try:
        yield held
    finally:
        os.close(held)


def flush_all(place: DirectoryEntry, depth: int) -> None:
    """Flush a whole folder to the disk, so that a hand-in survives a power cut.

    Args:
        place: the folder.
        depth: how many folders it is already in.

    Raises:
        OSError: it can't be read, or the disk is full.
    """
    if stat.S_ISDIR(place.stat().st_mode):
        for below in tree.entries(place, depth):
            flush_all(below, depth + 1)
        with _held(place) as folder:
            flush(folder)
        return
    held = place.open(os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def drop(place: DirectoryEntry) -> None:
    """Remove an unfinished folder, if there is one."""
    with contextlib.suppress(OSError):
        tree.remove_all(place, 0)


def give(root: Root, parts: Parts, original: DirectoryEntry, scratch: Path | None) -> Placed:
    """Copy what is handed out to a student, without changing existing files.

    Args:
        root: the class's files.
        parts: path of the student's copy.
        original: the folder in the store.
        scratch: as for `atomic_write.write`.

    Raises:
        DiskReserveError: there is no space.
        OSError: it can't be written.
    """
    placed = Placed()
    try:
        if not put_new(root, parts, original):
            _fill(root, parts, original, scratch, placed)
            return placed
    except NoFolderError:
        return Placed(blocked=1)
    placed.added = count(original)
    return placed


def put_new(
    root: Root,
    parts: Parts,
    original: DirectoryEntry,
    finish: Callable[[DirectoryEntry], None] | None = None,
) -> bool:
    """Copy a whole folder to its place; return False if the place is taken.

    Args:
        root: the class's files.
        parts: the place's path.
        original: the folder in the store.
        finish: changes the copy before it is moved to its place.

    Raises:
        DiskReserveError: there is no space.
        NoFolderError: something on its path isn't a folder.
        OSError: it can't be written.
    """
    with root.made(parts[:-1]) as held:
        target = DirectoryEntry(held, parts[-1])
        with contextlib.suppress(FileNotFoundError):
            target.stat()
            return False
        ensure(root, tree.size_of(original, 0, Allowance(LARGEST_BYTES)))
        made = DirectoryEntry(held, f".~{secrets.token_hex(8)}")
        try:
            tree.copy_all(original, made, 0, Allowance(LARGEST_BYTES))
            if finish is not None:
                finish(made)
            take(made, target)
        except FileExistsError:
            return False  # created meanwhile
        finally:
            drop(made)
        return True


def _fill(
    root: Root, parts: Parts, original: DirectoryEntry, scratch: Path | None, placed: Placed
) -> None:
    """Add the files that a folder lacks."""
    try:
        with root.made(parts) as held:
            for below in tree.entries(original, len(parts)):
                info = below.stat()
                if stat.S_ISDIR(info.st_mode):
                    _fill(root, (*parts, below.name), below, scratch, placed)
                else:
                    _add(root, DirectoryEntry(held, below.name), below, scratch, placed)
    except NoFolderError:
        placed.blocked += 1


def _add(
    root: Root,
    target: DirectoryEntry,
    original: DirectoryEntry,
    scratch: Path | None,
    placed: Placed,
) -> None:
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISREG(target.stat().st_mode):
            placed.kept += 1
        else:
            placed.blocked += 1
        return
    with os.fdopen(original.open(os.O_RDONLY), "rb") as content:
        info = os.fstat(content.fileno())
        ensure(root, info.st_size)
        try:
            put_at(target, content, stat.S_IMODE(info.st_mode), scratch, new=True)
        except FileExistsError:
            placed.kept += 1
        else:
            placed.added += 1


def count(place: DirectoryEntry, depth: int = 0) -> int:
    """Count the files in a folder and in all folders below it.

    Args:
        place: the folder.
        depth: how many folders it is already in.

    Raises:
        OSError: it can't be read.
    """
    if not stat.S_ISDIR(place.stat().st_mode):
        return 1
    return sum(count(below, depth + 1) for below in tree.entries(place, depth))
