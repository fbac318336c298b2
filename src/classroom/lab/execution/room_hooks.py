"""Keep a room loaded while a cell of its notebook runs: its document gets the outputs."""

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
        """Begin.

        Args:
            kernels: the lab's.
        """
        self._kernels = kernels

    async def before_unload_document(self, room_id: str) -> None:
        """Wait for the room's cells that run; the argument is the hook's."""
        while runs := self._kernels.unfinished(room_id):
            await asyncio.gather(*(run.ended.wait() for run in runs))


def use(hooks: Hooks, kernels: StudentKernels) -> None:
    """Register the hook for all rooms.

    Args:
        hooks: the rooms'.
        kernels: the lab's.
    """
    hooks.register(RunningCells(kernels))
