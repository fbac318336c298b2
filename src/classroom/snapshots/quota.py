"""How much of the disk snapshots may take."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from pathlib import Path

SHARE = 0.05
MOST_BYTES = 2 << 30
"""Of the disk this much is left to the class: a share, but no more bytes than these."""


@dataclass(frozen=True)
class DiskSpace:
    """The disk as it is.

    Attributes:
        free: bytes that can still be written.
        total: bytes that the disk has.
        taken: bytes that the snapshots take.
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
        """Why no more should be written; None when there is space.

        Snapshots take at most half of what would be free without them.
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
    """Word a size."""
    return f"{size / (1 << 20):.0f} MB"


def look(place: Path) -> DiskSpace:
    """Look at the disk.

    Args:
        place: where the snapshots are.

    Raises:
        OSError: it can't be looked at.
    """
    found = os.statvfs(place)
    taken = 0
    for parent, _, names in os.walk(place):
        for name in names:
            taken += os.lstat(os.path.join(parent, name)).st_blocks * 512  # noqa: PTH118 (many)
    return DiskSpace(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize, taken)
