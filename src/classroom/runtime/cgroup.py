"""Read the container's memory from its control group, version 2 or 1, or else from the machine."""

from __future__ import annotations

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
MEMINFO = Path("/proc/meminfo")
LIMITS = ("memory.max", "memory/memory.limit_in_bytes")


def number(file: Path) -> int | None:
    """Read a file with one number; None if there is no file, or it contains ``max``."""
    try:
        return int(file.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None


def memory(cgroup: Path = CGROUP) -> int:
    """Return how many bytes of memory the container may use.

    Args:
        cgroup: the mount point of control groups.
    """
    return min([_machine(), *_limits(cgroup)])


def _machine() -> int:
    """Return how many bytes of memory the machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _limits(cgroup: Path) -> list[int]:
    """Read the container's own limits."""
    return [found for name in LIMITS if (found := number(cgroup / name)) is not None]


def shared(cgroup: Path = CGROUP) -> int | None:
    """Return the bytes of memory that belong to no process, such as tmpfs and memfds.

    Args:
        cgroup: the mount point of control groups.

    Returns:
        None if the container can't read it.
    """
    for name, field in (("memory.stat", "shmem"), ("memory/memory.stat", "total_shmem")):
        found = fields(cgroup / name)
        for known in (field, "shmem"):
            if known in found:
                return found[known]
    return None


def fields(file: Path) -> dict[str, int]:
    """Read a file of lines ``name number`` or ``name: number kB``, as bytes.

    The result is empty if there is no file.

    Args:
        file: a file such as memory.stat or /proc/meminfo.
    """
    try:
        lines = [line.split() for line in file.read_text(encoding="ascii").splitlines()]
    except OSError:
        return {}
    return {
        words[0].rstrip(":"): int(words[1]) * (1024 if words[-1] == "kB" else 1)
        for words in lines
        if len(words) > 1 and words[1].isdigit()
    }


def left(tables: int = 0, cgroup: Path = CGROUP, meminfo: Path = MEMINFO) -> int | None:
    """Return the bytes of memory that the container can still get.

    They include cached files and the system's caches, which the system would free first, and swap.
    If the container has no limit, the result is the memory that the machine has left.

    Args:
        tables: bytes of known page tables, memory of the system that it can't free.
        cgroup: the mount point of control groups.
        meminfo: the machine's file about its memory.

    Returns:
        None if neither the control group nor /proc/meminfo tells.
    """
    machine = fields(meminfo)
    swap = machine.get("SwapFree", 0)
    limits = _limits(cgroup)
    if not limits or min(limits) >= _machine():
        return machine["MemAvailable"] + swap if "MemAvailable" in machine else None
    has, used, old = min(limits), number(cgroup / "memory.current"), cgroup / "memory"
    if used is not None:
        found = fields(cgroup / "memory.stat")
        caches = found.get("slab_reclaimable", 0)
        files = found.get("inactive_file", 0) + found.get("active_file", 0)
        most, swapped = (number(cgroup / f"memory.swap.{name}") for name in ("max", "current"))
    elif (used := number(old / "memory.usage_in_bytes")) is not None:
        found = fields(old / "memory.stat")
        # Version 1 doesn't tell the caches' part of kernel memory: at most the whole machine's
        # caches. Without this, cached names of files would count as used memory.
        kernels = max(0, (number(old / "memory.kmem.usage_in_bytes") or 0) - tables)
        caches = min(kernels, machine.get("SReclaimable", 0))
        files = found.get("total_inactive_file", 0) + found.get("total_active_file", 0)
        most, swapped = (
            number(old / f"memory.memsw.{name}_in_bytes") for name in ("limit", "usage")
        )
    else:
        return None
    if most is not None:
        swap = min(swap, max(0, most - (swapped or 0)))
    return has - max(0, used - files - caches) + swap
