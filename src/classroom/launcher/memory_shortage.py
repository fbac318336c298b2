"""Choose the group to end when memory runs out, and log it if no end would help."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from classroom.launcher import inspection, shared_memory, victim
from classroom.launcher.lasting import Lasting
from classroom.launcher.victim import MB
from classroom.launcher.watch_pace import LONGEST_SECONDS
from classroom.runtime import cgroup

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from logging import Logger

    from classroom.launcher.memory_usage import Use
    from classroom.launcher.process_table import Process
    from classroom.launcher.unattributed_memory import File
    from classroom.launcher.unused_shared_memory import UnusedSharedMemory

LOST_SECONDS = 5.0
"""How long memory of no known program may be too much before a log line says so: the files of a
program that has just ended are removed only when they are a moment old."""
LEFTOVERS_SECONDS = 2 * LONGEST_SECONDS
"""How long memory of no known program may be left over from a program that has just ended: it is
removed after two checks, a moment apart. Until then no group is suspected to hide it."""


class MemoryShortage:
    """Decides whether memory is short, and which group ends."""

    def __init__(self, limit: int, unused: UnusedSharedMemory, log: Logger) -> None:
        """Begin without a shortage.

        Args:
            limit: bytes that students may use together; 0 for no limit.
            unused: shared memory to remove before a group is ended.
            log: for lines about shortages that no end would help.
        """
        self._limit, self._unused, self._log = limit, unused, log
        self.least = victim.margin(cgroup.memory())
        """Bytes that the container needs for the lab and the Hub."""
        self._lost = Lasting(LOST_SECONDS)
        self._out = False

    def seems_pressed(self, used: int) -> bool:
        """Say whether students may use too much together, so that it must be measured.

        Args:
            used: their bytes, counted quickly, and more than the real number.
        """
        if self._limit and used > self._limit:
            return True
        self._lost.see(present=False, now=time.monotonic())
        return False

    def is_short(self, left: int | None) -> bool:
        """Say whether the container has too little left to go on.

        Args:
            left: bytes that it can still get; None if unknown.
        """
        short = left is not None and left < self.least
        self._out = self._out and short
        return short

    def too_little_left(self, uses: Mapping[str, Use], left: int) -> tuple[str, str] | None:
        """Choose the group to end for the container to go on; log it once if no end would help.

        Args:
            uses: the use of each group.
            left: bytes that the container can still get.

        Returns:
            The group, and why, in words for the student; None for no group.
        """
        chosen = victim.too_little_left(uses, left, self.least)
        if chosen is None and not self._out:
            what = (
                "The container is nearly out of memory: %d MB are left, and to end students'"
                " programs would not help"
            )
            self._log.warning(what, left // MB)
        self._out = chosen is None
        return chosen

    async def used_too_much(
        self,
        groups: Mapping[str, Sequence[Process]],
        uses: Mapping[str, Use],
        opened: set[File],
        beyond: int,
        ended: float,
    ) -> tuple[str, str] | None:
        """Choose the group to end so that the others have memory; None if there is enough.

        Args:
            groups: all students' processes.
            uses: the measured use of each group.
            opened: the files in memory that students' processes have open.
            beyond: bytes of shared memory that no process shows.
            ended: when a group was ended last, in seconds of the monotonic clock.

        Returns:
            The group, and why, in words for the student; None for no group.
        """
        seen = sum(use.memory for use in uses.values())
        known = sum(use.shared for use in uses.values())
        if seen + max(0, beyond - known) <= self._limit:
            self._lost.see(present=False, now=time.monotonic())
            return None
        await self._unused.remove(groups, opened)
        # Measure whether that was enough: otherwise a file that can't be removed, or a new empty
        # file every second, would prevent every end.
        unseen = max(0, shared_memory.beyond_processes() - known)
        is_unseen = seen <= self._limit < seen + unseen
        if is_unseen and time.monotonic() < ended + LEFTOVERS_SECONDS:
            return None
        hiding = await inspection.who_hides(groups, opened, unseen) if is_unseen else {}
        chosen = victim.too_much_memory(uses, self._limit, unseen, hiding)
        lost = chosen is None and seen + unseen > self._limit
        if self._lost.see(present=lost, now=time.monotonic()):
            what = "Students' memory is short: %d MB are shared memory of no known program"
            self._log.warning(what, unseen // MB)
        return chosen
