"""When a run writes its outputs: on a beat, and within its kernel's share of the server's time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from classroom.lab.execution.shared_by_runs import Shared

BEAT_SECONDS = 0.1
"""Between two writings of one run's outputs: a page shows no more, however much comes."""
SHARE = 0.1
"""How much of the server's time the outputs of one kernel's runs may take."""
BYTES_PER_SECOND = 5_000_000
"""Bytes a second that one run may write into a document on and on: it keeps its history."""
SETTLE_SECONDS = 0.5
"""How long the page which runs a cell has to say itself that it runs, or has ended: only then is it
said for it. Two that say it at once trip up whoever looks (@jupyter/ydoc, YBaseCell)."""
GLANCE_SECONDS = 0.01
"""After which it is looked again for something that takes a moment."""


class RunBeat:
    """The times of one run, on the monotonic clock. On the event loop."""

    def __init__(self, shared: Shared, write: Callable[[], None]) -> None:
        """Have nothing to write yet.

        Args:
            shared: with the kernel's other runs.
            write: writes what there is.
        """
        self._shared, self._write = shared, write
        self.settled = 0.0
        """From when on the lab says how the cell stands, if its page hasn't."""
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._settling: asyncio.TimerHandle | None = None

    def settle(self) -> None:
        """Write soon, and again once the page had the time to say how its cell stands."""
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
        """Take note of a writing: the more it took, the later is the next one.

        Args:
            began: when.
            seconds: how many seconds of the server's time it took.
            size: bytes that were written.
        """
        self._shared.due = began + seconds / SHARE
        self._due = began + max(BEAT_SECONDS, size / BYTES_PER_SECOND)

    def stop(self) -> None:
        """Write nothing more."""
        for timer in (self._timer, self._settling):
            if timer is not None:
                timer.cancel()

    def _on_time(self) -> None:
        """Write, unless another run of the kernel's has just taken the time for it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if time.monotonic() < self._shared.due:
            self.write_soon()
        else:
            self._write()
