"""Read a process's owner, memory and end from /proc."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
PAGE = os.sysconf("SC_PAGE_SIZE")
MOST_STATUS_BYTES = 16384
"""The part of /proc/<pid>/status that is read: about ten times its usual size."""
Key = tuple[int, int]
"""A process id and the process's beginning, in ticks: the system uses an id again."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process, as /proc/<pid>/stat has it (proc(5)).

    Attributes:
        pid: its id.
        parent: its parent's.
        session: its session's.
        began: its beginning, in ticks since the machine's start.
        resident: its bytes in memory, including shared ones.
        tables: bytes of its page tables, which the system has for it. A process that reads a byte
            here and there has large tables, and little other memory.
        uid: its user's id, if all its ids of users are known to be the same.
    """

    pid: int
    parent: int
    session: int
    began: int
    resident: int
    tables: int = 0
    uid: int = -1

    @property
    def memory(self) -> int:
        """Bytes in memory that it uses, with its page tables."""
        return self.resident + self.tables

    @property
    def key(self) -> Key:
        """A key that no other process ever has."""
        return self.pid, self.began


def parse(stat: bytes) -> tuple[Process, bool]:
    """Read a line of /proc/<pid>/stat.

    Returns:
        The process, and whether its first thread has ended while other threads run: this line
        does not show their memory.

    Raises:
        ValueError: it is none.
    """
    start, end = stat.index(b"("), stat.rindex(b")")  # between them anything may stand
    found = stat[end + 2 :].split()
    process = Process(
        pid=int(stat[:start]),
        parent=int(found[1]),
        session=int(found[3]),
        began=int(found[19]),
        resident=int(found[21]) * PAGE,
    )
    return process, found[0] == b"Z" and int(found[17]) > 1


def read(pid: int) -> Process | None:
    """Read a process; None if it has ended."""
    try:
        process, headless = parse((PROC / str(pid) / "stat").read_bytes())
        if headless:
            return _of_its_threads(process)
    except (OSError, ValueError, IndexError):
        return None
    return process


def _of_its_threads(process: Process) -> Process:
    """Measure a process whose first thread has ended by another thread that still runs."""
    for thread in (PROC / str(process.pid) / "task").iterdir():
        found, _ = parse((thread / "stat").read_bytes())
        if found.resident:
            return Process(
                process.pid, process.parent, process.session, process.began, found.resident
            )
    return process


def user_of(pid: int) -> int | None:
    """Return a process's user, if all its four ids of users are the same.

    The owner of its folder does not tell: the process can change it.
    """
    try:
        for line in (PROC / str(pid) / "status").read_bytes().splitlines():
            if line.startswith(b"Uid:"):
                users = {int(one) for one in line.split()[1:]}
                return users.pop() if len(users) == 1 else None
    except OSError:
        pass
    return None


def is_of(pid: int, uid: int) -> bool:
    """Say whether a process has this user's id only."""
    return user_of(pid) == uid


def is_over(one: Process) -> bool:
    """Say whether a process has ended with all its threads, and has freed its memory.

    An ending process shows no memory any more, although the container still has it.
    """
    try:
        stat = (PROC / str(one.pid) / "stat").read_bytes()
        now, headless = parse(stat)
    except (OSError, ValueError, IndexError):
        return True
    if now.key != one.key:
        return True
    return not headless and stat[stat.rindex(b")") + 2 :][:1] in {b"Z", b"X"}


def tables(pid: int) -> int:
    """Measure a process's page tables (VmPTE, proc_pid_status(5)): bytes.

    If its first thread has ended and shows nothing, read another thread.
    """
    folder = f"{PROC}/{pid}"
    try:
        found = _tables(f"{folder}/status")
        threads = os.listdir(f"{folder}/task") if found is None else []  # noqa: PTH208 (many)
    except OSError:
        return 0
    for thread in threads:
        with contextlib.suppress(OSError):
            if (found := _tables(f"{folder}/task/{thread}/status")) is not None:
                break
    return found or 0


def _tables(status: str) -> int | None:
    """Read the size of page tables; None if the file does not contain it.

    Raises:
        OSError: it has ended.
    """
    with open(status, "rb", buffering=0) as file:  # noqa: PTH123 (thousands, twice a second)
        _, _, after = file.read(MOST_STATUS_BYTES).partition(b"\nVmPTE:")
    return int(after.split(None, 1)[0]) * 1024 if after else None


def home_of(pid: int) -> str:
    """Read a process's home from its environment; "" if that isn't possible."""
    try:
        environment = (PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return ""
    for entry in environment.split(b"\0"):
        if entry.startswith(b"HOME="):
            return entry[len(b"HOME=") :].decode(errors="replace")
    return ""
