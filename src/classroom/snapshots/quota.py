"""Limit the part of the disk that snapshots may use."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from pathlib import Path

SHARE = 0.05
MOST_BYTES = 2 << 30
"""The largest part of the disk that snapshots leave free; on a small disk it is a share."""


@dataclass(frozen=True)
class DiskSpace:
    """The present size and use of the disk.

    Attributes:
        free: bytes that can still be written.
        total: the disk's size in bytes.
        taken: bytes that the snapshots use.
    """

    free: int
    total: int
    taken: int

    @property
    def reserve(self) -> int:
        """Bytes that snapshots leave free."""
        return min(int(self.total * SHARE), MOST_BYTES)

    @property
    def problem(self) -> str | None:
        """Why no more snapshots should be written; None if there is space.

        Snapshots use at most half of the space that would be free without them.
        """
        if self.free < self.reserve:
            return gettext("only {free} are free on the disk").format(free=megabytes(self.free))
        if self.taken > self.free:
            taken, free = megabytes(self.taken), megabytes(self.free)
            return gettext("snapshots take {taken} and only {free} are free on the disk").format(
                taken=taken, free=free
            )
        return None


def megabytes(size: int) -> str:
    """Return a size in megabytes, as a text."""
    return f"{size / (1 << 20):.0f} MB"


def look(place: Path) -> DiskSpace:
    """Measure the disk.

    Args:
        place: the snapshots' folder.

    Raises:
        OSError: it can't be measured.
    """
    found = os.statvfs(place)
    taken = 0
    for parent, _, names in os.walk(place):
        for name in names:
            taken += os.lstat(os.path.join(parent, name)).st_blocks * 512  # noqa: PTH118 (many)
    return DiskSpace(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize, taken)
