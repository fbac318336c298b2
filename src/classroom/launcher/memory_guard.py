"""End one kernel, terminal or stray program when memory or disk runs out; the others go on.

The system's OOM killer does so for memory, but only at the container's last byte, when the lab
server waits for memory as well. Nothing does so for the disk.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.launcher import (
    inspection,
    lab_shares,
    oom_score,
    process_table,
    shared_memory,
    victim,
    watch_pace,
)
from classroom.launcher.as_student import as_student
from classroom.launcher.census import Census
from classroom.launcher.group_killer import GroupKiller
from classroom.launcher.memory_shortage import MemoryShortage
from classroom.launcher.unused_shared_memory import UnusedSharedMemory
from classroom.launcher.victim import MB
from classroom.runtime import cgroup, lab_users

if TYPE_CHECKING:
    from logging import Logger

    from classroom.config.limits import Limits
    from classroom.launcher.group_killer import LaunchedProcesses
    from classroom.launcher.memory_usage import Use
    from classroom.runtime.paths import Paths


class Watch:
    """Checks memory and disk, and ends programs that use too much."""

    def __init__(
        self, paths: Paths, limits: Limits, launcher: LaunchedProcesses, log: Logger
    ) -> None:
        """Begin before the first check.

        Args:
            paths: the paths of files and homes.
            limits: what students' processes may use.
            launcher: knows and ends kernels and terminals.
            log: for lines about ended programs, and about shortages that no end would help.
        """
        self._paths, self._limits = paths, limits
        self._launcher, self._log = launcher, log
        self._census = Census(lambda uid: lab_users.lab_of_code(uid) is not None)
        self._killer = GroupKiller(launcher, log)
        self._unused = UnusedSharedMemory(self._census, log)
        self._shortage = MemoryShortage(limits.together, self._unused, log)
        self._before: dict[str, Use] = {}
        self._complained = False

    async def look(self) -> None:
        """Check once, and end programs that use too much or were left behind."""
        self._take()
        if await self._end_who_has_others_end():
            self._take()
        self._unused.remove_segments()
        await self._unused.remove_if_half_full()
        free = shutil.disk_usage(self._paths.files).free
        full = free < self._limits.disk
        beyond = shared_memory.beyond_processes()
        seen = sum(one.memory for one in self._census.processes.values())
        left = cgroup.left(sum(one.tables for one in self._census.processes.values()))
        short = self._shortage.is_short(left)
        pressed = self._shortage.seems_pressed(seen + beyond)
        if pressed or full or short:
            await self._choose(free, beyond, left if short else None, pressed=pressed)
        else:
            self._before = {}
        await self._keep_labs_to_their_shares()
        if full and not self._complained:
            what = "The disk is nearly full: %d MB are free; delete something"
            self._log.warning(what, free // MB)
        self._complained = full
        self._killer.end_left_behind(self._census)

    def _take(self) -> None:
        """List students' processes."""
        self._census.take(self._launcher.homes(), self._home)

    async def _choose(self, free: int, beyond: int, left: int | None, *, pressed: bool) -> None:
        """Measure precisely, and end the group that uses too much.

        Args:
            free: free bytes of the disk.
            beyond: bytes of shared memory.
            left: bytes that the container can still get, if they are too few.
            pressed: whether students seem to use too much together.
        """
        groups = self._census.groups()
        after, opened = await inspection.measured(groups)
        chosen = None
        if pressed:
            chosen = await self._shortage.used_too_much(
                groups, after, opened, beyond, self._killer.ended
            )
        if chosen is None and left is not None:
            chosen = self._shortage.too_little_left(after, left)
        if chosen is None and self._before:
            chosen = victim.too_full_disk(self._before, after, free, self._limits.disk)
        self._before = after
        if chosen is not None:
            await self._killer.end(chosen[0], groups[chosen[0]], chosen[1])

    async def _keep_labs_to_their_shares(self) -> None:
        """End the largest group of each lab, but the class, that uses more than its share."""
        for lab in lab_shares.perhaps_beyond(self._census.processes.values(), self._limits):
            groups = lab_shares.of_lab(self._census.groups(), lab)
            uses, _ = await inspection.measured(groups)
            share = lab_shares.share(self._limits, lab)
            if (chosen := victim.beyond_a_labs_share(uses, share)) is not None:
                await self._killer.end(chosen[0], groups[chosen[0]], chosen[1])

    async def _end_who_has_others_end(self) -> bool:
        """End each group in which a process has lowered its oom_score_adj; say if any has."""
        found = False
        groups = self._census.groups()
        for one, why in oom_score.lowered(self._census.processes):
            group = self._census.group_of(one)
            if group in groups:
                await self._killer.end(group, groups.pop(group), why)
                found = True
        return found

    def _home(self, pid: int) -> str:
        """Read the home that the launcher has given a process; "" for any other home."""
        with as_student(inspection.user(self._census.processes[pid])):
            found = process_table.home_of(pid)
        lab = lab_users.lab_of_code(self._census.processes[pid].uid) or lab_users.CLASS
        return found if Path(found).parent == self._paths.of_lab(lab).homes else ""


async def watch(watched: Watch) -> None:
    """Check again and again, and end programs that use too much.

    Args:
        watched: checks memory and disk.
    """
    while True:
        begun = time.thread_time()
        await watched.look()
        await asyncio.sleep(watch_pace.rest(time.thread_time() - begun))
