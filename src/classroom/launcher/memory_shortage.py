"""Choose whom to end when memory runs out, and say so when nobody's end would help."""

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
"""How long memory of no known program may be too much before a log line says so: a file of somebody
who has just been ended is removed only when it is a moment old."""
LEFTOVERS_SECONDS = 2 * LONGEST_SECONDS
"""How long memory of no known program may be what somebody has left who was just ended: it is
removed when it was seen twice, a moment apart. Until then nobody is taken to hide it."""


class MemoryShortage:
    """What is known of too little memory."""

    def __init__(self, limit: int, unused: UnusedSharedMemory, log: Logger) -> None:
        """Know of no shortage yet.

        Args:
            limit: bytes that students may use together; 0 for no limit.
            unused: removed before anybody is ended for it.
            log: where to say that nothing can be done.
        """
        self._limit, self._unused, self._log = limit, unused, log
        self.least = victim.margin(cgroup.memory())
        """Bytes that the container needs for the lab and the Hub."""
        self._lost = Lasting(LOST_SECONDS)
        self._out = False

    def seems_pressed(self, used: int) -> bool:
        """Say whether students may use too much together; whether they do is to be measured.

        Args:
            used: bytes, counted quickly and rather too many.
        """
        if self._limit and used > self._limit:
            return True
        self._lost.see(present=False, now=time.monotonic())
        return False

    def is_short(self, left: int | None) -> bool:
        """Say whether the container has too little left to go on.

        Args:
            left: bytes; None where that isn't known.
        """
        short = left is not None and left < self.least
        self._out = self._out and short
        return short

    def too_little_left(self, uses: Mapping[str, Use], left: int) -> tuple[str, str] | None:
        """Choose whom to end for the container to go on; say so once when nobody's end would do.

        Args:
            uses: by group.
            left: bytes that the container can still get.

        Returns:
            The group, and why, in words for the student; None for nobody.
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
        """Choose whom to end for the others to have memory; None when there is enough.

        Args:
            groups: all of students' processes.
            uses: what each group uses, measured.
            opened: the files in memory that somebody has open.
            beyond: bytes of shared memory that no process shows.
            ended: when somebody was ended last, in seconds of the monotonic clock.

        Returns:
            The group, and why, in words for the student; None for nobody.
        """
        seen = sum(use.memory for use in uses.values())
        known = sum(use.shared for use in uses.values())
        if seen + max(0, beyond - known) <= self._limit:
            self._lost.see(present=False, now=time.monotonic())
            return None
        await self._unused.remove(groups, opened)
        # Whether that was enough is measured: else a file that can't be removed, or an empty one
        # every second, would keep everybody from ever being ended.
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
