"""Find processes that have lowered their oom_score_adj, so that the system would end others first.

When memory runs out, the system chooses a process by this number (proc(5)). `command.prefix` raises
it for students' processes, and their children inherit it. A process may lower its own number again:
only a capability that the container doesn't have would set a lower bound. So a process that has
lowered it is ended. Raising it again would not help: the process could lower it at once.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from classroom.launcher import process_table
from classroom.launcher.command import DIES_FIRST
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from classroom.launcher.process_table import Process

PROC = "/proc"
OUTSIDE = 0
"""The parent of a process that was started from outside the container: `docker exec`."""
INIT = 1
"""The container's first process, an ancestor of the launcher and of all students' processes. It
becomes the parent of a process whose parent has ended."""
START_SECONDS = 20
"""How long a new process of the launcher may take until its number is raised: until then it runs
our programs, and no student's."""


def adjustment(pid: int) -> int | None:
    """Read a process's number; None when it has ended."""
    try:
        with open(f"{PROC}/{pid}/oom_score_adj", "rb", buffering=0) as file:  # noqa: PTH123 (many)
            return int(file.read(16))
    except (OSError, ValueError):
        return None


def ticks() -> int:
    """Return the time since the machine's start, in ticks, as `Process.began` has it."""
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK"))


def parent_of(pid: int) -> int | None:
    """Read the id of a process's parent; None if the process has ended."""
    found = process_table.read(pid)
    return found.parent if found is not None else None


def is_meant(
    one: Process,
    processes: Mapping[int, Process],
    launcher: int,
    now: int,
    parent_of: Callable[[int], int | None],
) -> bool:
    """Say whether a process's number must be as high as students' are.

    Args:
        one: the process.
        processes: all students' processes, by their ids.
        launcher: the launcher's process id.
        now: ticks since the machine's start.
        parent_of: reads the parent of a process that is no student's.

    Returns:
        False for a process that the launcher has just started. Also False for a process that an
        operator has started from outside, and for its children, for example ``su student`` in
        root's shell.
    """
    if one.parent == launcher:
        return now - one.began > START_SECONDS * os.sysconf("SC_CLK_TCK")
    seen: set[int] = set()
    parent: int | None = one.parent
    while parent is not None and parent not in {OUTSIDE, INIT, *seen}:
        seen.add(parent)
        parent = processes[parent].parent if parent in processes else parent_of(parent)
    return parent != OUTSIDE


def lowered(processes: Mapping[int, Process]) -> Iterable[tuple[Process, str]]:
    """Find the processes that have lowered their number.

    Args:
        processes: all students' processes, by their ids.

    Returns:
        Each of them, and why it is ended, in words.
    """
    now = ticks()
    for one in processes.values():
        value = adjustment(one.pid)
        if value is None or value >= DIES_FIRST:
            continue
        if is_meant(one, processes, os.getpid(), now, parent_of):
            yield one, why(_name(one.pid), one.pid, value)


def why(name: str, pid: int, value: int) -> str:
    """Explain why a process that has lowered its number is ended.

    Args:
        name: its name.
        pid: its process id.
        value: the lowered number.
    """
    who = "".join(letter for letter in name if letter.isprintable())
    words = gettext(
        'its process "{who}" ({pid}) asked the system to end others first when memory runs out'
        " (oom_score_adj {value}, below {least})"
    )
    return words.format(who=who, pid=pid, value=value, least=DIES_FIRST)


def _name(pid: int) -> str:
    """Read a process's name; "" if it has ended."""
    try:
        with open(f"{PROC}/{pid}/comm", "rb") as file:  # noqa: PTH123 (as above)
            return file.read().decode(errors="replace")
    except OSError:
        return ""
