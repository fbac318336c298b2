"""What /proc says of one process: whose it is, how much memory it has, whether it has ended."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
PAGE = os.sysconf("SC_PAGE_SIZE")
MOST_STATUS_BYTES = 16384
"""Bytes of /proc/<pid>/status that are read: about ten times what it has."""
Key = tuple[int, int]
"""A process id and when the process began, in ticks: an id alone is used again."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process, as /proc/<pid>/stat has it (proc(5)).

    Attributes:
        pid: its id.
        parent: its parent's.
        session: its session's.
        began: when, in ticks since the machine's start.
        resident: bytes in memory, those that are shared among them.
        tables: bytes of the kernel's that say where its memory is: a process that reads a byte here
            and there has them, and next to nothing else.
        uid: its user's number, where it is known to have no other.
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
        """Bytes in memory that are there for it."""
        return self.resident + self.tables

    @property
    def key(self) -> Key:
        """What nothing else is called, also later."""
        return self.pid, self.began


def parse(stat: bytes) -> tuple[Process, bool]:
    """Read a line of /proc/<pid>/stat.

    Returns:
        The process, and whether its first thread has ended while others go on: the memory is
        theirs, and this line says nothing of it.

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
    """Look at a process; None when it has ended."""
    try:
        process, headless = parse((PROC / str(pid) / "stat").read_bytes())
        if headless:
            return _of_its_threads(process)
    except (OSError, ValueError, IndexError):
        return None
    return process


def _of_its_threads(process: Process) -> Process:
    """Measure a process whose first thread has ended by one that goes on."""
    for thread in (PROC / str(process.pid) / "task").iterdir():
        found, _ = parse((thread / "stat").read_bytes())
        if found.resident:
            return Process(
                process.pid, process.parent, process.session, process.began, found.resident
            )
    return process


def user_of(pid: int) -> int | None:
    """Return whose a process is, if each of its four numbers of users is the same one.

    Not by its folder's owner: that it can change itself.
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
    """Say whether a process is a user's, and nobody else's as well."""
    return user_of(pid) == uid


def is_over(one: Process) -> bool:
    """Say whether a process has ended with all its threads, and given its memory back.

    While that is under way it shows none already, and the container has it still.
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

    Where its first thread has ended, and says nothing, another that goes on does.
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
    """Read the size of page tables; None when nothing is said of any.

    Raises:
        OSError: it has ended.
    """
    with open(status, "rb", buffering=0) as file:  # noqa: PTH123 (thousands, twice a second)
        _, _, after = file.read(MOST_STATUS_BYTES).partition(b"\nVmPTE:")
    return int(after.split(None, 1)[0]) * 1024 if after else None


def home_of(pid: int) -> str:
    """Read which home a process was given; "" when that can't be known."""
    try:
        environment = (PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return ""
    for entry in environment.split(b"\0"):
        if entry.startswith(b"HOME="):
            return entry[len(b"HOME=") :].decode(errors="replace")
    return ""
