"""What the container has: of its control group, version 2 or 1, and else of the machine."""

from __future__ import annotations

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
LIMITS = ("memory.max", "memory/memory.limit_in_bytes")


def number(file: Path) -> int | None:
    """Read a file with one number; None when there is none, or it says ``max``."""
    try:
        return int(file.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None


def memory(cgroup: Path = CGROUP) -> int:
    """Return how many bytes of memory the container may use.

    Args:
        cgroup: where control groups are mounted.
    """
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [found for name in LIMITS if (found := number(cgroup / name)) is not None]
    return min([machine, *limits])


def shared(cgroup: Path = CGROUP) -> int | None:
    """Measure what is in memory and no process's own: bytes of tmpfs, memfds and the like.

    Args:
        cgroup: where control groups are mounted.

    Returns:
        None where the container isn't told.
    """
    for name, field in (("memory.stat", "shmem"), ("memory/memory.stat", "total_shmem")):
        try:
            lines = (cgroup / name).read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        found = dict(line.split()[:2] for line in lines if " " in line)
        for known in (field, "shmem"):
            if known in found:
                return int(found[known])
    return None
