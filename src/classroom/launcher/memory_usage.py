"""Measure the memory and disk use of students' processes as precisely as the system can tell."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.launcher import shared_memory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from classroom.launcher.process_table import Process

PROC = Path("/proc")
TABLES = (1 / 128, 2 * 1024**2)
"""The largest page tables of a process that is measured precisely: a share of its memory, and a
size that is always allowed. Larger ones grow faster than the system can read them."""


@dataclass(frozen=True)
class Use:
    """What a kernel, terminal or stray program uses, with all processes that it has started.

    Attributes:
        own: bytes in memory that only its processes have, their part of shared ones, and their page
            tables.
        mapped: their part of the bytes of shared memory that they have mapped.
        held: bytes of shared memory that they hold open, mapped or not.
        written: bytes written to disks so far.
        sent: bytes written to any file so far; for a disk in memory the system tells only this.
    """

    own: int = 0
    mapped: int = 0
    held: int = 0
    written: int = 0
    sent: int = 0

    def __add__(self, other: Use) -> Use:
        """Return the sum of two uses."""
        return Use(
            self.own + other.own,
            self.mapped + other.mapped,
            self.held + other.held,
            self.written + other.written,
            self.sent + other.sent,
        )

    @property
    def shared(self) -> int:
        """Bytes of shared memory: most memory that is held open is also mapped."""
        return max(self.mapped, self.held)

    @property
    def memory(self) -> int:
        """Bytes in memory."""
        return self.own + self.shared

    def since(self, before: Use) -> int:
        """Return the bytes written since then: those written to disks, if there are any."""
        return self.written - before.written or self.sent - before.sent


def fields(text: bytes) -> dict[bytes, int]:
    """Read a file of lines ``Name: number`` or ``Name: number kB``, as bytes."""
    found = {}
    for line in text.splitlines():
        name, _, rest = line.partition(b":")
        words = rest.split()
        if words and words[0].isdigit():
            found[name] = int(words[0]) * (1024 if words[-1] == b"kB" else 1)
    return found


def is_sparse(one: Process) -> bool:
    """Say whether a process's page tables are much larger than its memory needs."""
    share, enough = TABLES
    return one.tables > enough + one.resident * share


def process(one: Process) -> Use:
    """Measure a process, as its user. If that is not possible, use the values that all may see."""
    folder = PROC / str(one.pid)
    own, mapped, wrote = one.resident, 0, {}
    if not is_sparse(one):
        with contextlib.suppress(OSError):  # it has ended, or has made itself unreadable
            found = fields((folder / "smaps_rollup").read_bytes())
            if b"Pss" in found:
                mapped = found.get(b"Pss_Shmem", 0)
                own = found[b"Pss"] - mapped
    with contextlib.suppress(OSError):
        wrote = fields((folder / "io").read_bytes())
    return Use(own + one.tables, mapped, 0, wrote.get(b"write_bytes", 0), wrote.get(b"wchar", 0))


def segments(groups: Mapping[str, Sequence[Process]]) -> dict[str, int]:
    """Measure the System V segments that groups have made, as their user.

    Args:
        groups: the processes of each group.
    """
    found: dict[str, int] = {}
    maker = {one.pid: group for group, several in groups.items() for one in several}
    for segment in shared_memory.segments():
        group = maker.get(segment.maker, "")
        if group:
            found[group] = found.get(group, 0) + segment.resident
    return found


def opened(pid: int, seen: set[tuple[int, int]]) -> int:
    """Measure the files in memory that a process holds open, as its user.

    Args:
        pid: its process id.
        seen: device and number of each file that was already counted; the process's are added.
    """
    its = shared_memory.held(pid)
    size = sum(size for one, size in its.items() if one not in seen)
    seen.update(its)
    return size
