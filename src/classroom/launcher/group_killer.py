"""End a kernel, a terminal or a stray program with all its processes."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import TYPE_CHECKING, Protocol

from classroom.launcher import census, process_table, signals

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from logging import Logger

    from classroom.launcher.census import Census
    from classroom.launcher.process_table import Process

LEFT_SECONDS = 10
"""How long a process may outlive its kernel or terminal: a new kernel may not be listed yet."""
END_SECONDS = 3.0
"""How long killed processes may take to free their memory before another group is ended."""


class LaunchedProcesses(Protocol):
    """The part of the launcher that knows students' kernels and terminals."""

    def homes(self) -> Mapping[int, str]:
        """List the homes of the running kernels, terminals and tasks, by process id."""

    def end(self, session: int, why: str) -> bool:
        """End the kernel or terminal with a process id; say whether there was one."""


class GroupKiller:
    """Ends groups of processes, as `Census.groups` lists them."""

    def __init__(self, launcher: LaunchedProcesses, log: Logger) -> None:
        """Begin before any end.

        Args:
            launcher: knows and ends kernels and terminals.
            log: for a line about each stray program that is ended.
        """
        self._launcher, self._log = launcher, log
        self._left: dict[str, float] = {}
        self.ended = float("-inf")
        """When a group was ended last, in seconds of the monotonic clock."""

    async def end(self, group: str, several: Collection[Process], why: str) -> None:
        """End a group, and wait until its memory is free, before another group is ended.

        Args:
            group: its name.
            several: its processes.
            why: the reason, in words for the student.
        """
        known = {home: pid for pid, home in self._launcher.homes().items()}
        if group not in known or not self._launcher.end(known[group], why):
            self._log.warning(
                "Stopped a program that a %s left behind: %s", census.kind_of(group), why
            )
        kill(several)
        self.ended = time.monotonic()
        end = self.ended + END_SECONDS
        while time.monotonic() < end and not all(map(process_table.is_over, several)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    def end_left_behind(self, seen: Census) -> None:
        """End processes whose kernel or terminal has ended: nobody could see or stop them.

        Args:
            seen: all students' processes.
        """
        left = seen.left_behind(set(self._launcher.homes().values()))
        now = time.monotonic()
        self._left = {group: self._left.get(group, now) for group in left}
        groups = seen.groups()
        for group, since in self._left.items():
            if now - since >= LEFT_SECONDS and group in groups:
                kill(groups[group])


def kill(several: Collection[Process]) -> None:
    """Kill students' processes, but no newer process with the same id."""
    for one in several:
        signals.send(one.pid, signal.SIGKILL, one.uid, one.began)
