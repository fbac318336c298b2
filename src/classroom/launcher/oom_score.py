"""Who ends first when the kernel itself has to choose: students' processes, before the lab's.

That is a number of each process's, oom_score_adj (proc(5)). `command.prefix` raises it, children
inherit it, and a process may lower its own again: only a capability that the container hasn't got
would set a lower bound. So who has lowered it ends. Putting it back wouldn't hold: a process
writes faster than anybody looks.
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
"""The parent of what was started from outside the container: `docker exec`."""
INIT = 1
"""The container's first process, which the launcher comes from, and so do all students' processes;
who loses its parent is given to it."""
START_SECONDS = 20
"""How long what the launcher has started may take until its number is raised: until then programs
of ours run, and no student's."""


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
    """Read which process started one; None when that has ended."""
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
        processes: all of students', by their ids.
        launcher: the launcher's process id.
        now: ticks since the machine's start.
        parent_of: reads the parent of a process that is no student's.

    Returns:
        False for what the launcher has just started, and for what an operator has started from
        outside, with all that it starts, as whoever: ``su student`` in a shell of root's.
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
    """Find those that have lowered their number.

    Args:
        processes: all of students', by their ids.

    Returns:
        Each, and why it is ended, in words.
    """
    now = ticks()
    for one in processes.values():
        value = adjustment(one.pid)
        if value is None or value >= DIES_FIRST:
            continue
        if is_meant(one, processes, os.getpid(), now, parent_of):
            yield one, why(_name(one.pid), one.pid, value)


def why(name: str, pid: int, value: int) -> str:
    """Say why a process is ended that has lowered its number.

    Args:
        name: what it calls itself.
        pid: its process id.
        value: what it has lowered the number to.
    """
    who = "".join(letter for letter in name if letter.isprintable())
    words = gettext(
        'its process "{who}" ({pid}) asked the system to end others first when memory runs out'
        " (oom_score_adj {value}, below {least})"
    )
    return words.format(who=who, pid=pid, value=value, least=DIES_FIRST)


def _name(pid: int) -> str:
    """Read what a process calls itself; "" when it has ended."""
    try:
        with open(f"{PROC}/{pid}/comm", "rb") as file:  # noqa: PTH123 (as above)
            return file.read().decode(errors="replace")
    except OSError:
        return ""
