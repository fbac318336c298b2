"""When memory or disk runs out, one kernel, terminal or stray program ends and the others go on.

The kernel's own OOM killer would do that for memory, but only at the container's last byte, when
the lab server waits for memory as well; for the disk nobody does.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from classroom.launcher import (
    inspection,
    lab_shares,
    oom_score,
    process_table,
    shared_memory,
    signals,
    victim,
)
from classroom.launcher.as_student import as_student
from classroom.launcher.lasting import Lasting
from classroom.launcher.process_table import Census
from classroom.launcher.shared_memory_cleanup import Leftovers
from classroom.launcher.victim import MB
from classroom.runtime import cgroup, lab_users
from classroom.runtime.lab_users import STUDENT
from classroom.runtime.paths import SHARED_MEMORY

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from logging import Logger

    from classroom.config.limits import Limits
    from classroom.launcher.memory_usage import Use
    from classroom.launcher.process_table import Process
    from classroom.launcher.unattributed_memory import File
    from classroom.runtime.lab_users import UnixUser
    from classroom.runtime.paths import Paths

LOOK_SECONDS = 0.5
LONGEST_SECONDS = 3.0
"""However long looking takes, it is done again after so long."""
SHARE = 0.05
"""How much of a core looking may cost: with thousands of processes it is rarer."""
LEFT_SECONDS = 10
"""How long something may outlive its kernel or terminal: what has just been started isn't listed
yet."""
LOST_SECONDS = 5.0
"""How long memory of no known program may be too much before a log line says so: a file of somebody
who has just been ended is removed only when it is a moment old."""
LEFTOVERS_SECONDS = 2 * LONGEST_SECONDS
"""How long memory of no known program may be what somebody has left who was just ended: it is
removed when it was seen twice, a moment apart. Until then nobody is taken to hide it."""
END_SECONDS = 3.0
"""How long what was killed may take to give its memory back before more is ended."""


def rest(took: float) -> float:
    """Say how long to wait before looking again.

    Args:
        took: seconds that looking has taken.
    """
    return min(LONGEST_SECONDS, max(LOOK_SECONDS, took / SHARE))


class LaunchedProcesses(Protocol):
    """What has launched students' kernels and terminals."""

    def homes(self) -> Mapping[int, str]:
        """List the homes of what runs, by process id."""

    def end(self, session: int, why: str) -> bool:
        """End what has a process id; say whether it was there."""


class Watch:
    """What looks after memory and disk."""

    def __init__(
        self, paths: Paths, limits: Limits, launcher: LaunchedProcesses, log: Logger
    ) -> None:
        """Know of nothing yet.

        Args:
            paths: where files and homes are.
            limits: what students' processes may use.
            launcher: knows what runs, and ends it.
            log: where to say what was ended, and that nothing can be done.
        """
        self._paths, self._limits = paths, limits
        self._launcher, self._log = launcher, log
        self._census = Census(lambda uid: lab_users.lab_of_code(uid) is not None)
        self._leftovers = {STUDENT: Leftovers(STUDENT, log)}
        self._before: dict[str, Use] = {}
        self._left: dict[str, float] = {}
        self._least = victim.margin(cgroup.memory())
        self._lost = Lasting(LOST_SECONDS)
        self._complained = self._out = False
        self._ended = float("-inf")
        """When somebody was ended last, in seconds of the monotonic clock."""

    async def look(self) -> None:
        """Look once, and end what uses too much or was left behind."""
        self._take()
        if await self._end_who_has_others_end():
            self._take()
        for user, theirs in self._left_by().items():
            with as_student(user):
                theirs.remove_segments(self._census.processes, shared_memory.FRESH_SECONDS)
        await self._free_shared_memory()
        free = shutil.disk_usage(self._paths.files).free
        full = free < self._limits.disk
        beyond = shared_memory.beyond_processes()
        seen = sum(one.memory for one in self._census.processes.values())
        left = cgroup.left(sum(one.tables for one in self._census.processes.values()))
        short = left is not None and left < self._least
        pressed = bool(self._limits.together) and seen + beyond > self._limits.together
        if not pressed:
            self._lost.see(present=False, now=time.monotonic())
        if pressed or full or short:
            await self._choose(free, beyond, left if short else None, pressed=pressed)
        else:
            self._before = {}
        await self._keep_labs_to_their_shares()
        self._out = self._out and short
        if full and not self._complained:
            what = "The disk is nearly full: %d MB are free; delete something"
            self._log.warning(what, free // MB)
        self._complained = full
        await self._end_left_behind()

    def _take(self) -> None:
        """See who is there."""
        self._census.take(self._launcher.homes(), self._home)

    def _left_by(self) -> Mapping[UnixUser, Leftovers]:
        """Return what students have left, by lab: of each that has run something."""
        for one in self._census.processes.values():
            user = inspection.user(one)
            if user not in self._leftovers:
                self._leftovers[user] = Leftovers(user, self._log)
        return self._leftovers

    async def _choose(self, free: int, beyond: int, left: int | None, *, pressed: bool) -> None:
        """Measure precisely, and end whom that falls on.

        Args:
            free: bytes of the disk.
            beyond: bytes of shared memory.
            left: bytes that the container can still get, if they are too few.
            pressed: whether students seem to use too much together.
        """
        groups = self._census.groups()
        after, opened = await inspection.measured(groups)
        chosen = None
        if pressed:
            chosen = await self._uses_too_much(groups, after, opened, beyond)
        if chosen is None and left is not None:
            chosen = self._too_little_left(after, left)
        if chosen is None and self._before:
            chosen = victim.too_full_disk(self._before, after, free, self._limits.disk)
        self._before = after
        if chosen is not None:
            await self._end_group(chosen[0], groups[chosen[0]], chosen[1])

    async def _keep_labs_to_their_shares(self) -> None:
        """End whoever uses the most in each lab, but the class, that uses more than its share."""
        for lab in lab_shares.perhaps_beyond(self._census.processes.values(), self._limits):
            groups = lab_shares.of_lab(self._census.groups(), lab)
            uses, _ = await inspection.measured(groups)
            share = lab_shares.share(self._limits, lab)
            if (chosen := victim.beyond_a_labs_share(uses, share)) is not None:
                await self._end_group(chosen[0], groups[chosen[0]], chosen[1])

    async def _free_shared_memory(self) -> None:
        """Remove what nobody has any more in /dev/shm when that is half full: it is everybody's.

        Docker gives it 64 MB, if nobody asks for more: what one kernel leaves there would keep the
        next student's from starting a process of their own.
        """
        shared = shutil.disk_usage(SHARED_MEMORY)
        if shared.free * 2 > shared.total:
            return
        groups = self._census.groups()
        _, opened = await inspection.measured(groups)
        await self._remove_unused(groups, opened)

    async def _remove_unused(
        self, groups: Mapping[str, Sequence[Process]], opened: set[File]
    ) -> None:
        """Remove shared memory that nobody has open or mapped."""
        in_use = await inspection.mapped(groups) | {number for _, number in opened}
        for theirs in self._left_by().values():
            theirs.remove(in_use, self._census.processes)

    def _too_little_left(self, uses: Mapping[str, Use], left: int) -> tuple[str, str] | None:
        """Choose whom to end for the container to go on; say so once when nobody's end would do."""
        chosen = victim.too_little_left(uses, left, self._least)
        if chosen is None and not self._out:
            what = (
                "The container is nearly out of memory: %d MB are left, and to end students'"
                " programs would not help"
            )
            self._log.warning(what, left // MB)
        self._out = chosen is None
        return chosen

    async def _uses_too_much(
        self,
        groups: Mapping[str, Sequence[Process]],
        uses: Mapping[str, Use],
        opened: set[File],
        beyond: int,
    ) -> tuple[str, str] | None:
        """Choose whom to end for the others to have memory; None when there is enough."""
        limit, seen = self._limits.together, sum(use.memory for use in uses.values())
        known = sum(use.shared for use in uses.values())
        if seen + max(0, beyond - known) <= limit:
            self._lost.see(present=False, now=time.monotonic())
            return None
        await self._remove_unused(groups, opened)
        # Whether that was enough is measured: else a file that can't be removed, or an empty one
        # every second, would keep everybody from ever being ended.
        unseen = max(0, shared_memory.beyond_processes() - known)
        if seen <= limit < seen + unseen and time.monotonic() < self._ended + LEFTOVERS_SECONDS:
            return None
        hiding = {}
        if seen <= limit < seen + unseen:
            hiding = await inspection.who_hides(groups, opened, unseen)
        chosen = victim.too_much_memory(uses, limit, unseen, hiding)
        lost = chosen is None and seen + unseen > limit
        if self._lost.see(present=lost, now=time.monotonic()):
            what = "Students' memory is short: %d MB are shared memory of no known program"
            self._log.warning(what, unseen // MB)
        return chosen

    async def _end_group(self, group: str, several: Collection[Process], why: str) -> None:
        """End a group, and wait until its memory is free; the others' turn comes only then."""
        known = {home: pid for pid, home in self._launcher.homes().items()}
        if group not in known or not self._launcher.end(known[group], why):
            self._log.warning(
                "Stopped a program that a %s left behind: %s", process_table.kind_of(group), why
            )
        kill(several)
        self._ended = time.monotonic()
        end = self._ended + END_SECONDS
        while time.monotonic() < end and not all(map(process_table.is_over, several)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    async def _end_who_has_others_end(self) -> bool:
        """End each group in which a process has lowered its oom_score_adj; say if any has."""
        found = False
        groups = self._census.groups()
        for one, why in oom_score.lowered(self._census.processes):
            group = self._census.group_of(one)
            if group in groups:
                await self._end_group(group, groups.pop(group), why)
                found = True
        return found

    async def _end_left_behind(self) -> None:
        """End what goes on though its kernel or terminal has ended: nobody could see or stop it."""
        left = self._census.left_behind(set(self._launcher.homes().values()))
        now = time.monotonic()
        self._left = {group: self._left.get(group, now) for group in left}
        groups = self._census.groups()
        for group, since in self._left.items():
            if now - since >= LEFT_SECONDS and group in groups:
                kill(groups[group])

    def _home(self, pid: int) -> str:
        """Read the home that a process was given by the launcher; "" for any other."""
        with as_student(inspection.user(self._census.processes[pid])):
            found = process_table.home_of(pid)
        lab = lab_users.lab_of_code(self._census.processes[pid].uid) or lab_users.CLASS
        return found if Path(found).parent == self._paths.of_lab(lab).homes else ""


def kill(several: Collection[Process]) -> None:
    """Kill students' processes: whoever has their ids by now isn't meant."""
    for one in several:
        signals.send(one.pid, signal.SIGKILL, one.uid, one.began)


async def watch(watched: Watch) -> None:
    """Look again and again, and end whoever uses too much.

    Args:
        watched: memory and disk.
    """
    while True:
        begun = time.thread_time()
        await watched.look()
        await asyncio.sleep(rest(time.thread_time() - begun))
