"""Keep a room loaded while a cell of its notebook runs, so that its document gets the outputs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from classroom.lab.rooms.hooks import RoomHook

if TYPE_CHECKING:
    from classroom.lab.execution.kernel_manager import StudentKernels
    from classroom.lab.rooms.hooks import Hooks


class RunningCells(RoomHook):
    """Keep an empty room loaded until its cells have run."""

    def __init__(self, kernels: StudentKernels) -> None:
        """Use the lab's kernels.

        Args:
            kernels: the lab's kernels.
        """
        self._kernels = kernels

    async def before_unload_document(self, room_id: str) -> None:
        """Wait until the room's running cells have ended; the argument is the hook's."""
        while runs := self._kernels.unfinished(room_id):
            await asyncio.gather(*(run.ended.wait() for run in runs))


def use(hooks: Hooks, kernels: StudentKernels) -> None:
    """Register the hook for all rooms.

    Args:
        hooks: the rooms' hooks.
        kernels: the lab's kernels.
    """
    hooks.register(RunningCells(kernels))
