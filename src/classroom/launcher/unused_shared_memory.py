"""Remove the shared memory of all labs that nobody uses any more."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from classroom.launcher import inspection, shared_memory
from classroom.launcher.as_student import as_student
from classroom.launcher.shared_memory_cleanup import Leftovers
from classroom.runtime.lab_users import STUDENT
from classroom.runtime.paths import SHARED_MEMORY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from logging import Logger

    from classroom.launcher.census import Census
    from classroom.launcher.process_table import Process
    from classroom.launcher.unattributed_memory import File
    from classroom.runtime.lab_users import UnixUser


class UnusedSharedMemory:
    """Shared memory that students have left behind, by lab."""

    def __init__(self, census: Census, log: Logger) -> None:
        """Begin without any.

        Args:
            census: lists all students' processes.
            log: for lines about removed memory.
        """
        self._census, self._log = census, log
        self.leftovers = {STUDENT: Leftovers(STUDENT, log)}

    def remove_segments(self) -> None:
        """Remove System V segments that were left behind a while ago."""
        for user, theirs in self._left_by().items():
            with as_student(user):
                theirs.remove_segments(self._census.processes, shared_memory.FRESH_SECONDS)

    async def remove_if_half_full(self) -> None:
        """Remove unused files in /dev/shm if it is half full: all labs share it.

        Docker's default size is 64 MB. The files that one kernel leaves there could otherwise keep
        the next student's kernel from starting a process.
        """
        shared = shutil.disk_usage(SHARED_MEMORY)
        if shared.free * 2 > shared.total:
            return
        groups = self._census.groups()
        _, opened = await inspection.measured(groups)
        await self.remove(groups, opened)

    async def remove(self, groups: Mapping[str, Sequence[Process]], opened: set[File]) -> None:
        """Remove files that no process has open or mapped.

        Args:
            groups: all students' processes.
            opened: the files in memory that students' processes have open.
        """
        in_use = await inspection.mapped(groups) | {number for _, number in opened}
        for theirs in self._left_by().values():
            theirs.remove(in_use, self._census.processes)

    def _left_by(self) -> Mapping[UnixUser, Leftovers]:
        for one in self._census.processes.values():
            user = inspection.user(one)
            if user not in self.leftovers:
                self.leftovers[user] = Leftovers(user, self._log)
        return self.leftovers
