"""Memory that is no process's own: System V segments, memfds, files in a tmpfs.

It counts in no process's data and stays when its maker ends (shm_overview(7), svipc(7),
memfd_create(2)).
"""

from __future__ import annotations

import ctypes
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.runtime import cgroup

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

SEGMENTS = Path("/proc/sysvipc/shm")
PROC = Path("/proc")
IPC_RMID = 0
FRESH_SECONDS = 10
"""How old a segment must be before it is taken for left behind: its maker may be about to hand it
on."""
PRESSED_SECONDS = 1
"""The same when memory is short, for a file too."""
OWN_BYTES = 32 * 1024**2
"""Bytes that the lab's own parts share among themselves: nginx's caches and the like."""
IN_MEMORY = ("/memfd:", "/dev/shm/", "/SYSV", "/dev/zero (deleted)")  # noqa: S108
"""What the names of files begin with that are on no disk, in the tables of /proc."""
MOST_DESCRIPTORS = 4096
"""Descriptors of a process that are looked at: its limit (`command.Limits.files`)."""


@dataclass(frozen=True, slots=True)
class SharedMemorySegment:
    """A System V segment, as /proc/sysvipc/shm has it.

    Attributes:
        ident: its id.
        maker: the process id of who made it.
        attached: how many have it attached.
        owner: the user whose it is.
        made: when, in seconds since 1970; or when it was changed last.
        resident: bytes in memory.
    """

    ident: int
    maker: int
    attached: int
    owner: int
    made: int
    resident: int


def parse(text: str) -> list[SharedMemorySegment]:
    """Read /proc/sysvipc/shm: a line of names, then a line for each segment."""
    names, *lines = text.splitlines() or [""]
    at = {name: number for number, name in enumerate(names.split())}
    found = []
    for line in lines:
        values = line.split()
        found.append(
            SharedMemorySegment(
                ident=int(values[at["shmid"]]),
                maker=int(values[at["cpid"]]),
                attached=int(values[at["nattch"]]),
                owner=int(values[at["uid"]]),
                made=int(values[at["ctime"]]),
                resident=int(values[at["rss"]]),
            )
        )
    return found


def left_behind(
    segments: Iterable[SharedMemorySegment], uid: int, running: Collection[int], before: float
) -> list[SharedMemorySegment]:
    """List the segments that nobody has attached and whose maker has ended.

    Args:
        segments: all.
        uid: whose.
        running: the process ids of that user.
        before: seconds since 1970; those that are newer may still be handed on.
    """
    return [
        one
        for one in segments
        if one.owner == uid and not one.attached and one.maker not in running and one.made <= before
    ]


def segments() -> list[SharedMemorySegment]:
    """List the System V segments; none where the kernel has none."""
    try:
        return parse(SEGMENTS.read_text(encoding="ascii"))
    except (OSError, ValueError, KeyError):
        return []


def remove(segment: SharedMemorySegment) -> bool:
    """Remove a segment; its owner may, root without its rights may not.

    Returns:
        Whether it is gone.
    """
    return bool(ctypes.CDLL(None).shmctl(segment.ident, IPC_RMID, None) == 0)


def _tmpfs() -> Iterator[tuple[Path, os.stat_result, int]]:
    """Go through the mounted tmpfs: where, what, and how many bytes are in it."""
    for line in (PROC / "self" / "mounts").read_text(encoding="utf-8").splitlines():
        _, where, kind, *_ = line.split()
        if kind != "tmpfs":
            continue
        try:
            used = os.statvfs(where)
            yield Path(where), Path(where).stat(), (used.f_blocks - used.f_bfree) * used.f_frsize
        except OSError:
            continue


def beyond_processes() -> int:
    """Measure what students may have in memory beside their processes' own: bytes.

    All that the container has, less what is in a tmpfs where students can't write. Each file that
    processes have mapped is in it too.
    """
    total = cgroup.shared()
    if total is None:
        return 0
    kept = {found.st_dev: used for _, found, used in _tmpfs() if not found.st_mode & stat.S_IWOTH}
    return max(0, total - sum(kept.values()) - OWN_BYTES)


def held(pid: int) -> dict[tuple[int, int], int]:
    """Measure what a process holds open without its being on a disk.

    Args:
        pid: its process id; asked as its user.

    Returns:
        Bytes by device and number of the file; empty when it can't be known.
    """
    folder = PROC / str(pid) / "fd"
    return in_memory(folder, descriptors(folder))


def descriptors(folder: Path) -> list[str]:
    """List a table of descriptors, as far as it is looked at; asked as its user.

    Args:
        folder: its place in /proc.

    Returns:
        Their numbers; empty when they can't be known, as of a thread that has just ended.
    """
    try:
        return os.listdir(folder)[:MOST_DESCRIPTORS]  # noqa: PTH208 (thousands of them)
    except OSError:
        return []


def in_memory(folder: Path, numbers: Iterable[str]) -> dict[tuple[int, int], int]:
    """Measure what descriptors hold open without its being on a disk.

    Args:
        folder: their table's place in /proc.
        numbers: as of `descriptors`.

    Returns:
        Bytes by device and number of the file.
    """
    found = {}
    for number in numbers:
        try:
            name = os.readlink(folder / number)  # noqa: PTH115 (thousands of them)
            if name.startswith(IN_MEMORY):
                one = os.stat(folder / number)  # noqa: PTH116 (thousands of them)
                found[one.st_dev, one.st_ino] = one.st_blocks * 512
        except OSError:
            continue
    return found


def mapped(pid: int) -> set[int]:
    """List the numbers of the files in /dev/shm that a process has mapped; asked as its user."""
    found = set()
    try:
        with (PROC / str(pid) / "maps").open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                fields = line.split(None, 5)
                if len(fields) > 5 and fields[5].startswith("/dev/shm/"):  # noqa: PLR2004, S108
                    found.add(int(fields[4]))
    except (OSError, ValueError):
        pass
    return found
