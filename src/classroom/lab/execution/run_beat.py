"""Decide when a run writes its outputs: on a beat, within its kernel's share of server time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from classroom.lab.execution.shared_by_runs import Shared

BEAT_SECONDS = 0.1
"""Seconds between two writes of one run's outputs: a page can't show more updates."""
SHARE = 0.1
"""Share of the server's time that the outputs of one kernel's runs may take."""
BYTES_PER_SECOND = 5_000_000
"""Most bytes a second that one run may write into a document, whose history keeps them all."""
SETTLE_SECONDS = 0.5
"""How long the lab waits for the page that runs a cell to write that it runs or has ended; then the
lab writes it. If both write it at once, other pages fail (@jupyter/ydoc, YBaseCell)."""
GLANCE_SECONDS = 0.01
"""How long to wait before looking again for something that takes a moment."""


class RunBeat:
    """The timers of one run, on the monotonic clock. For one event loop."""

    def __init__(self, shared: Shared, write: Callable[[], None]) -> None:
        """Start without anything to write.

        Args:
            shared: what this run shares with the kernel's other runs.
            write: writes the waiting outputs.
        """
        self._shared, self._write = shared, write
        self.settled = 0.0
        """When the lab writes the cell's state, if its page hasn't written it."""
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._settling: asyncio.TimerHandle | None = None

    def settle(self) -> None:
        """Write soon, and again after the page had time to write the cell's state."""
        self.settled = time.monotonic() + SETTLE_SECONDS
        if self._settling is not None:
            self._settling.cancel()
        wait = SETTLE_SECONDS + GLANCE_SECONDS
        self._settling = asyncio.get_running_loop().call_later(wait, self._on_time)
        self.write_soon()

    def write_soon(self) -> None:
        """Write as soon as it is this run's turn."""
        if self._timer is None:
            wait = max(0.0, max(self._due, self._shared.due) - time.monotonic())
            self._timer = asyncio.get_running_loop().call_later(wait, self._on_time)

    def put_off(self, due: float) -> None:
        """Write nothing before a time.

        Args:
            due: the time.
        """
        self._due = due

    def wrote(self, began: float, seconds: float, size: int) -> None:
        """Record a write: the longer it took, the later is the next one.

        Args:
            began: when it started.
            seconds: how many seconds of the server's time it took.
            size: how many bytes were written.
        """
        self._shared.due = began + seconds / SHARE
        self._due = began + max(BEAT_SECONDS, size / BYTES_PER_SECOND)

    def stop(self) -> None:
        """Write nothing more."""
        for timer in (self._timer, self._settling):
            if timer is not None:
                timer.cancel()

    def _on_time(self) -> None:
        """Write, unless another run of the kernel has just used up the time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if time.monotonic() < self._shared.due:
            self.write_soon()
        else:
            self._write()
