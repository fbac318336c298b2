"""Measure how long single steps hold the event loop, during which no keystroke arrives.

The event loop records the time twenty times a second. If it is late, its own CPU time since then
shows whether a step of the lab held it, or the machine was busy with something else. Only the first
counts. Meanwhile a thread records which function runs. No step may take longer than
`BUDGET_SECONDS`.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

LOG = logging.getLogger(__name__)
BUDGET_SECONDS = 0.25
"""The longest that one step may hold the event loop."""
BEAT_SECONDS = 0.05
WINDOW_SECONDS = 60.0
"""How long a stall counts as a recent one."""
MOST_STALLS = 10_000
HELD = "The event loop was held for %.0f ms by %s"
UNKNOWN = "something that had ended"
INNER = 3
"""How many of the innermost calls the log names."""


def stall(late: float, spent: float) -> float:
    """Return how many seconds a step of the lab held the event loop.

    Args:
        late: by how many seconds a beat was late.
        spent: CPU seconds of the loop's thread since the beat before.
    """
    return max(0.0, min(late, spent))


def calls_in(frame: FrameType | None) -> str:
    """Name the running calls of a thread: our innermost function, and what it calls.

    Args:
        frame: the thread's innermost frame; None if the thread has ended.
    """
    names: list[tuple[str, bool]] = []
    while frame is not None:
        module = str(frame.f_globals.get("__name__", "?"))
        names.append((f"{module}:{frame.f_code.co_name}", module.startswith("classroom.")))
        frame = frame.f_back
    ours = next((at for at, (_, is_ours) in enumerate(names) if is_ours), None)
    found = names[:INNER] if ours is None else [*names[: min(ours, INNER - 1)], names[ours]]
    return " in ".join(dict.fromkeys(name for name, _ in found)) or UNKNOWN


class LoopStalls:
    """Measures one event loop's stalls. Call all methods but `_look` on the event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start without measuring.

        Args:
            clock: returns seconds.
        """
        self._clock = clock
        self._recent: deque[tuple[float, float]] = deque(maxlen=MOST_STALLS)
        self._due = 0.0
        self._spent = 0.0
        self._seen = ""
        self._thread: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ended = threading.Event()
        self.over_budget = 0
        """How many stalls were longer than the budget, since the start."""

    def begin(self) -> None:
        """Measure from now on."""
        self._thread = threading.get_ident()
        self._next()
        threading.Thread(target=self._look, name="loop-stalls", daemon=True).start()

    def end(self) -> None:
        """Stop measuring."""
        self._ended.set()
        if self._timer is not None:
            self._timer.cancel()

    def longest(self) -> float:
        """Return the longest stall within the last minute, in seconds."""
        since = self._clock() - WINDOW_SECONDS
        return max((seconds for when, seconds in tuple(self._recent) if when >= since), default=0.0)

    def _next(self) -> None:
        self._seen = ""
        self._spent = time.thread_time()
        self._due = self._clock() + BEAT_SECONDS
        self._timer = asyncio.get_running_loop().call_later(BEAT_SECONDS, self._beat)

    def _beat(self) -> None:
        now = self._clock()
        seconds = stall(now - self._due, time.thread_time() - self._spent)
        if seconds > BEAT_SECONDS:
            self._recent.append((now, seconds))
        if seconds > BUDGET_SECONDS:
            self.over_budget += 1
            LOG.info(HELD, seconds * 1000, self._seen or UNKNOWN)
        self._next()

    def _look(self) -> None:
        """Check repeatedly whether the loop is late, and record what runs then; in a thread."""
        while not self._ended.wait(BEAT_SECONDS):
            if self._clock() > self._due + BUDGET_SECONDS / 2 and not self._seen:
                self._seen = calls_in(sys._current_frames().get(self._thread or 0))  # noqa: SLF001
