"""Measure groups of students' processes in small steps, and let other tasks run in between.

A process may have thousands of descriptors, and there may be a thousand processes. If the launcher
did not answer meanwhile, the supervisor would take it for hung, and end it with all kernels.
"""

from __future__ import annotations

import asyncio
from itertools import chain, groupby
from typing import TYPE_CHECKING

from classroom.launcher import memory_usage, shared_memory, unattributed_memory
from classroom.launcher.as_student import as_student
from classroom.launcher.memory_usage import Use
from classroom.runtime import lab_users

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from classroom.launcher.process_table import Process
    from classroom.launcher.unattributed_memory import File
    from classroom.runtime.lab_users import UnixUser

PROCESSES_AT_A_TIME = 50
"""Processes that are measured before the launcher does something else."""


def user(one: Process) -> UnixUser:
    """Return the user who runs a process, and may therefore inspect it."""
    lab = lab_users.lab_of_code(one.uid)
    return lab_users.code(lab_users.CLASS if lab is None else lab)


async def mapped(groups: Mapping[str, Sequence[Process]]) -> set[int]:
    """List the numbers of the files in /dev/shm that students' processes have mapped."""
    found: set[int] = set()
    for one in chain.from_iterable(groups.values()):
        with as_student(user(one)):
            found |= shared_memory.mapped(one.pid)
        await asyncio.sleep(0)
    return found


async def who_hides(
    groups: Mapping[str, Sequence[Process]], opened: set[File], unseen: int
) -> dict[str, int]:
    """Estimate how many bytes of unattributed memory each group may have."""
    found: dict[str, int] = {}
    for group, several in groups.items():
        for one in several:
            with as_student(user(one)):
                may = unattributed_memory.sign(one.pid, opened, unseen)
            if may:
                found[group] = found.get(group, 0) + may
            await asyncio.sleep(0)
    return found


async def measured(groups: Mapping[str, Sequence[Process]]) -> tuple[dict[str, Use], set[File]]:
    """Measure groups, with some system calls for each process.

    Returns:
        The use of each group, and the files in memory that students' processes have open.
    """
    found = dict.fromkeys(groups, Use())
    opened: set[File] = set()
    every = [(group, one) for group, several in groups.items() for one in several]
    for at in range(0, len(every), PROCESSES_AT_A_TIME):
        for _, some in groupby(every[at : at + PROCESSES_AT_A_TIME], lambda entry: entry[1].uid):
            several = list(some)
            with as_student(user(several[0][1])):
                for group, one in several:
                    found[group] += memory_usage.process(one)
        await asyncio.sleep(0)
    for group, one in every:
        with as_student(user(one)):
            found[group] += Use(held=memory_usage.opened(one.pid, opened))
        await asyncio.sleep(0)
    with as_student():
        for group, size in memory_usage.segments(groups).items():
            found[group] += Use(held=size)
    return found, opened
