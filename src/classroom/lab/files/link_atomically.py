"""Rename something only if the new name is free, in one atomic step."""

from __future__ import annotations

import ctypes
import errno
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classroom.lab.files.directory_entry import DirectoryEntry

NO_REPLACE = 1
"""Flag of renameat2(2)."""
_libc = ctypes.CDLL(None, use_errno=True)


def take(old: DirectoryEntry, new: DirectoryEntry) -> None:
    """Rename something, but never replace anything.

    Args:
        old: its present place.
        new: its new place.

    Raises:
        FileExistsError: the name is taken.
        OSError: it can't be renamed (EXDEV: the folders are on different disks).
    """
    failed = _libc.renameat2(
        ctypes.c_int(old.folder),
        os.fsencode(old.name),
        ctypes.c_int(new.folder),
        os.fsencode(new.name),
        ctypes.c_uint(NO_REPLACE),
    )
    if not failed:
        return
    number = ctypes.get_errno()
    if number not in {errno.EINVAL, errno.ENOSYS}:
        raise OSError(number, os.strerror(number), new.name)
    # A network file system without the flag, or a folder that is moved into itself.
    try:
        new.stat()
    except FileNotFoundError:
        os.rename(old.name, new.name, src_dir_fd=old.folder, dst_dir_fd=new.folder)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new.name)
