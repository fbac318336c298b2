"""The last megabytes of the volume: kept free, so that a lab with a full volume can still start.

While there is room, the supervisor holds a few files that nobody needs. If a start finds the volume
full, it removes them first: the Hub can then write down who signs in, and people can delete files.
The lab server itself leaves these bytes alone, so it saves nothing until somebody has made room.
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
"""Bytes that are kept free: enough for the databases and sign-ins of some weeks."""
SHARE = 32
"""Of a small volume only this part of it is kept free."""
INODES = 64
"""Files that can still be made on a volume that has no place for more files."""
AGAIN = 3
"""There is room again when this many times as much is free, so that holding it fills no volume."""
PROBE_BYTES = 1 << 18
"""Bytes that are tried out at a start."""
BYTES, FILES = "bytes", "file"
"""Names of what is held."""
FULL = {errno.ENOSPC, errno.EDQUOT}
"""What the kernel says where there is no room."""


@dataclass(frozen=True)
class Space:
    """What a volume has.

    Attributes:
        total: bytes.
        free: bytes that a user without privileges may still take.
        inodes: files that it has places for; 0 where the file system has no such limit.
        free_inodes: places that are free.
    """

    total: int
    free: int
    inodes: int = 0
    free_inodes: int = 0

    @property
    def kept(self) -> int:
        """Bytes that are kept free."""
        return min(MOST_BYTES, self.total // SHARE)

    @property
    def kept_inodes(self) -> int:
        """Places for files that are kept free."""
        return min(INODES, self.inodes // SHARE)

    @property
    def is_full(self) -> bool:
        """Whether only that is left which is kept free."""
        return self.free < self.kept or self.free_inodes < self.kept_inodes

    @property
    def has_room(self) -> bool:
        """Whether there is enough to hold the reserve and to go on."""
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
    """Say whether the lab must leave what is left of a volume alone.

    A start that has released the reserve goes on as on a full volume until there is room to hold it
    again: otherwise the lab would use it up.

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
        OSError: only that is left which is kept free (ENOSPC), or it can't be measured.
    """
    if is_full(place):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def is_held(reserve: Path) -> bool:
    """Say whether the reserve is held.

    Args:
        reserve: its folder.
    """
    return (reserve / BYTES).exists()


def hold(reserve: Path) -> bool:
    """Hold the reserve if it isn't held yet and the volume has room for it.

    Blocks for as long as the disk takes.

    Args:
        reserve: its folder, in one that is readable only for root.

    Returns:
        Whether it was made now.

    Raises:
        OSError: it can't be made; nothing of it is left.
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
            # Not fallocate(2), and no zeros: some file systems keep no room for those.
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
    """Try out whether a folder takes anything: what a quota leaves, a file system may not tell."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(PROBE_BYTES))
    except OSError as error:
        return error.errno not in FULL
    return True


def release(reserve: Path) -> bool:
    """Release the reserve if the volume is full.

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
