"""Keep the last megabytes of the volume free, so that a lab with a full volume can still start.

While there is space, the supervisor keeps a few files that nobody needs. If the volume is full at a
start, the start removes them: the Hub can then store sign-ins, and people can delete files. The lab
server does not use this space, so it saves nothing until somebody has deleted files.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.runtime.paths import Paths

if TYPE_CHECKING:
    from pathlib import Path

MB = 1024**2
MOST_BYTES = 8 * MB
"""The reserve: enough for the databases and sign-ins of some weeks."""
SHARE = 32
"""On a small volume, the reserve is one part in so many."""
INODES = 64
"""The number of files that can still be made on a volume without free inodes."""
AGAIN = 3
"""The reserve is made again if this many times its size is free, so that it does not fill the
volume."""
PROBE_BYTES = 1 << 18
"""The size of a test file at a start."""
BYTES, FILES = "bytes", "file"
"""The names of the reserve's files."""
FULL = {errno.ENOSPC, errno.EDQUOT}
"""The errors of the system if there is no space."""


@dataclass(frozen=True)
class Space:
    """The size and free space of a volume.

    Attributes:
        total: its size in bytes.
        free: bytes that a user without privileges may still use.
        inodes: the number of its inodes; 0 if the file system has no such limit.
        free_inodes: the number of free inodes.
    """

    total: int
    free: int
    inodes: int = 0
    free_inodes: int = 0

    @property
    def kept(self) -> int:
        """The size of the reserve in bytes."""
        return min(MOST_BYTES, self.total // SHARE)

    @property
    def kept_inodes(self) -> int:
        """The number of inodes in the reserve."""
        return min(INODES, self.inodes // SHARE)

    @property
    def is_full(self) -> bool:
        """Whether only the reserve is left."""
        return self.free < self.kept or self.free_inodes < self.kept_inodes

    @property
    def has_room(self) -> bool:
        """Whether there is enough space to make the reserve and to go on."""
        return self.free >= AGAIN * self.kept and self.free_inodes >= AGAIN * self.kept_inodes


def space(place: Path | int) -> Space:
    """Measure a volume.

    Args:
        place: a folder on it, or its descriptor.

    Raises:
        OSError: it can't be measured.
    """
    found = os.statvfs(place)
    return Space(
        total=found.f_blocks * found.f_frsize,
        free=found.f_bavail * found.f_frsize,
        inodes=found.f_files,
        free_inodes=found.f_favail,
    )


def is_full(place: Path | int, reserve: Path | None = None) -> bool:
    """Say whether the lab must not use the space that is left on a volume.

    After a start has released the reserve, the volume counts as full until there is space for the
    reserve again: otherwise the lab would use it up.

    Args:
        place: a folder on the volume, or its descriptor.
        reserve: the reserve's folder; None for the container's.

    Raises:
        OSError: it can't be measured.
    """
    found = space(place)
    reserve = Paths().reserve if reserve is None else reserve
    return found.is_full or not (found.has_room or reserve.exists())


def ensure(place: Path | int) -> None:
    """Check that the lab may write to a volume.

    Args:
        place: a folder on it, or its descriptor.

    Raises:
        OSError: only the reserve is left (ENOSPC), or the volume can't be measured.
    """
    if is_full(place):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def is_held(reserve: Path) -> bool:
    """Say whether the reserve's files exist.

    Args:
        reserve: its folder.
    """
    return (reserve / BYTES).exists()


def hold(reserve: Path) -> bool:
    """Make the reserve's files if they do not exist and the volume has space for them.

    It blocks for as long as the disk needs.

    Args:
        reserve: its folder, in a folder that only root can read.

    Returns:
        Whether the files were made now.

    Raises:
        OSError: they can't be made; no part of them is left.
    """
    if is_held(reserve) or not (found := space(reserve.parent)).has_room:
        return False
    unfinished = reserve.with_name(f".{reserve.name}")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        for number in range(found.kept_inodes):
            (unfinished / f"{FILES}-{number}").touch(mode=0o600)
        with (unfinished / BYTES).open("xb") as stream:
            # Not fallocate(2), and no zeros: some file systems allocate no space for them.
            for _ in range(found.kept // MB + 1):
                stream.write(os.urandom(MB))
            stream.truncate(found.kept)
            stream.flush()
            os.fsync(stream.fileno())
        shutil.rmtree(reserve, ignore_errors=True)
        unfinished.rename(reserve)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return True


def _takes(folder: Path) -> bool:
    """Test whether a file can be written to a folder: a file system may not report a quota."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(PROBE_BYTES))
    except OSError as error:
        return error.errno not in FULL
    return True


def release(reserve: Path) -> bool:
    """Remove the reserve's files if the volume is full.

    Args:
        reserve: its folder.

    Returns:
        Whether the volume is full, or was until now.
    """
    try:
        if not space(reserve.parent).is_full and _takes(reserve.parent):
            return False
    except FileNotFoundError:
        return False  # the first start, and no volume
    for place in (reserve, reserve.with_name(f".{reserve.name}")):
        with contextlib.suppress(OSError):
            shutil.rmtree(place)
    return True
