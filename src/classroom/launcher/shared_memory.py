"""Measure memory that belongs to no process: System V segments, memfds, files in a tmpfs.

It is in no process's data, and stays after the end of the process that made it (shm_overview(7),
svipc(7), memfd_create(2)).
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
"""How old a segment must be to count as left behind: before, its maker may be about to pass it on.
"""
PRESSED_SECONDS = 1
"""The same if memory is short, also for a file."""
OWN_BYTES = 32 * 1024**2
"""Memory that the lab's own programs share, such as nginx's caches."""
IN_MEMORY = ("/memfd:", "/dev/shm/", "/SYSV", "/dev/zero (deleted)")  # noqa: S108
"""The beginnings of the names, in /proc, of files that are on no disk."""
MOST_DESCRIPTORS = 4096
"""The number of a process's descriptors that are checked: its limit (`command.Limits.files`)."""


@dataclass(frozen=True, slots=True)
class SharedMemorySegment:
    """A System V segment, as /proc/sysvipc/shm has it.

    Attributes:
        ident: its id.
        maker: the id of the process that made it.
        attached: the number of processes that have it attached.
        owner: the id of its user.
        made: the time when it was made or last changed, in seconds since 1970.
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
    """List the segments that no process has attached and whose maker has ended.

    Args:
        segments: all segments.
        uid: the id of their user.
        running: the ids of that user's processes.
        before: seconds since 1970; the maker of a newer segment may still pass it on.
    """
    return [
        one
        for one in segments
        if one.owner == uid and not one.attached and one.maker not in running and one.made <= before
    ]


def segments() -> list[SharedMemorySegment]:
    """List the System V segments; none if the system does not support them."""
    try:
        return parse(SEGMENTS.read_text(encoding="ascii"))
    except (OSError, ValueError, KeyError):
        return []


def remove(segment: SharedMemorySegment) -> bool:
    """Remove a segment; call it as its owner, because root without its capabilities may not.

    Returns:
        Whether the segment is removed.
    """
    return bool(ctypes.CDLL(None).shmctl(segment.ident, IPC_RMID, None) == 0)


def _tmpfs() -> Iterator[tuple[Path, os.stat_result, int]]:
    """Yield the path, the status and the used bytes of each mounted tmpfs."""
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
    """Return the bytes of memory that students may have besides their processes' own.

    That is all shared memory of the container without the content of each tmpfs where students
    can't write. It includes each file that processes have mapped.
    """
    total = cgroup.shared()
    if total is None:
        return 0
    kept = {found.st_dev: used for _, found, used in _tmpfs() if not found.st_mode & stat.S_IWOTH}
    return max(0, total - sum(kept.values()) - OWN_BYTES)


def held(pid: int) -> dict[tuple[int, int], int]:
    """Measure the files on no disk that a process holds open; call it as its user.

    Args:
        pid: its process id.

    Returns:
        Bytes by device and number of the file; empty if they can't be read.
    """
    folder = PROC / str(pid) / "fd"
    return in_memory(folder, descriptors(folder))


def descriptors(folder: Path) -> list[str]:
    """List at most `MOST_DESCRIPTORS` descriptors of a table; call it as the process's user.

    Args:
        folder: the table's path in /proc.

    Returns:
        Their numbers; empty if they can't be read, for example after the thread's end.
    """
    try:
        return os.listdir(folder)[:MOST_DESCRIPTORS]  # noqa: PTH208 (thousands of them)
    except OSError:
        return []


def in_memory(folder: Path, numbers: Iterable[str]) -> dict[tuple[int, int], int]:
    """Measure the files on no disk that descriptors hold open.

    Args:
        folder: the path of their table in /proc.
        numbers: the result of `descriptors`.

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
    """List the numbers of the files in /dev/shm that a process has mapped; call it as its user."""
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
