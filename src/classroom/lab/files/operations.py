"""Rename, create and delete things in the class's folder; follow no link inside folders."""

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

from classroom.lab.files.atomic_write import append
from classroom.lab.files.directory_entry import DirectoryEntry, LeadsOutError, TargetError
from classroom.lab.files.disk_reserve import Allowance, DiskReserveError, ensure, left
from classroom.lab.files.link_atomically import take
from classroom.lab.files.reader import TooLargeError
from classroom.lab.files.tree import TooDeepError, copy_all, remove_all, size_of

if TYPE_CHECKING:
    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import Parts

OWN_WORDS = (FileExistsError, LeadsOutError, DiskReserveError, TooDeepError, TooLargeError)
"""Errors whose own text says what is wrong."""
MOUNTED = {errno.EXDEV, errno.EACCES, errno.EPERM, errno.EROFS}
"""Errors of moving a mount point, besides EBUSY."""
TRASH: Parts = (".local", "share", "Trash")
"""Where deleted things go, as desktops have it (freedesktop.org, Trash specification 1.0)."""


def rename(root: Root, old: Parts, new: Parts) -> None:
    """Rename or move a file, folder or link; replace nothing.

    Args:
        root: the class's folder.
        old: its present path.
        new: its new path.

    Raises:
        LeadsOutError: a folder on the path is a link that leads out.
        FileExistsError: the new path exists.
        TargetError: the new path's folder is missing, or the lab may not write there.
        OSError: it can't be moved.
    """
    with root.at(old, follow=False) as source:
        source.stat()
        try:
            with root.at(new, follow=False) as target:
                _move(root, source, target)
        except OWN_WORDS:
            raise
        except OSError as error:
            if _is_the_sources(error, source):
                raise
            raise TargetError(error, new) from error


def _is_the_sources(error: OSError, source: DirectoryEntry) -> bool:
    """Say whether an error of a move comes from the source's place."""
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return not DirectoryEntry(source.folder, ".").allows(os.W_OK)
    return error.errno in {errno.EBUSY, errno.EINVAL}  # a mount; a folder into itself


def _move(root: Root, source: DirectoryEntry, target: DirectoryEntry) -> None:
    try:
        take(source, target)
    except OSError as error:
        if error.errno in MOUNTED and _is_mounted(source):
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), source.name) from None
        if error.errno != errno.EXDEV:
            raise
        # A move to or from a folder that a tutor has mounted, or a kernel whose Landlock allows no
        # move to another folder (before 5.19).
        source.check_writable()
        ensure(root, size_of(source, 0, Allowance(sys.maxsize)))
        copy_all(source, target, 0, Allowance(left(root)))
        remove_all(source, 0)


def _is_mounted(place: DirectoryEntry) -> bool:
    """Say whether something is a mount point, such as a tutor's materials."""
    held = os.open(place.name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=place.folder)
    try:
        flags = [os.fstatvfs(found).f_flag & os.ST_RDONLY for found in (held, place.folder)]
        return flags[0] != flags[1] or os.fstat(held).st_dev != os.fstat(place.folder).st_dev
    finally:
        os.close(held)


def make_folder(root: Root, parts: Parts, *, new: bool = False) -> None:
    """Create a folder, unless it exists.

    Args:
        root: the class's folder.
        parts: its path.
        new: whether the name must be free.

    Raises:
        LeadsOutError: the folder, or one on its path, is a link that leads out.
        FileExistsError: the name is taken.
        OSError: it can't be created.
    """
    with root.at(parts) as place:
        try:
            os.mkdir(place.name, 0o777, dir_fd=place.folder)
        except FileExistsError:
            if new or not stat.S_ISDIR(place.stat().st_mode):
                raise


def remove(root: Root, parts: Parts) -> None:
    """Delete a file or a link for good.

    Args:
        root: the class's folder.
        parts: its path.

    Raises:
        LeadsOutError: a folder on the path is a link that leads out.
        OSError: it can't be removed.
    """
    with root.at(parts, follow=False) as place:
        os.unlink(place.name, dir_fd=place.folder)


def delete(root: Root, parts: Parts) -> bool:
    """Put something into the class's trash; if the disk is full, delete it for good.

    Args:
        root: the class's folder.
        parts: its path.

    Returns:
        Whether it was deleted for good.

    Raises:
        LeadsOutError: a folder on the path is a link that leads out.
        OSError: it can't be put there, or deleted.
    """
    if root.is_full:
        # A folder that only its student may read can't be deleted, but it can be moved.
        with contextlib.suppress(PermissionError), root.at(parts, follow=False) as place:
            remove_all(place, 0)
            return True
    put_away(root, parts)
    return False


def put_away(root: Root, parts: Parts) -> None:
    """Put something into the class's trash; move a link itself, not its target.

    Args:
        root: the class's folder.
        parts: its path.

    Raises:
        LeadsOutError: a folder on the path is a link that leads out.
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
                _move(root, place, DirectoryEntry(files, name))
            except FileExistsError:
                continue
            break
    note = f"[Trash Info]\nPath={quote(os.fsencode('/'.join(parts)))}\n"
    note += f"DeletionDate={time.strftime('%Y-%m-%dT%H:%M:%S')}\n"
    with contextlib.suppress(OSError):  # it is in the trash all the same, without its origin
        append(root, (*TRASH, "info", f"{name}.trashinfo"), note.encode())
