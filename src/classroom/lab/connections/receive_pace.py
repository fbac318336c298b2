"""Limit the event loop's time for reading all sockets of one person together.

Each message is cheap, but tornado reads everything that has arrived on a socket before it reads the
next socket, and one person may have hundreds. If a person has used more than their share, the lab
reads their sockets later; what they send meanwhile waits in their own machine's buffers. For one
event loop.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from classroom.lab.connections.cpu_budget import CpuBudget

if TYPE_CHECKING:
    from collections.abc import Awaitable, Generator

SHARE = 0.1
"""Share of the event loop's time that one person's sockets may use in the long run."""
TURNS_SECONDS = 0.05
"""Seconds ahead of the share from which their sockets are read one message at a time."""
AHEAD_SECONDS = 1.0
"""Seconds ahead of the share from which they are read later. Pasting a large notebook takes
less."""
LONGEST_SECONDS = 1.0
"""Longest pause in seconds: after pasting something huge people can soon type again, and
`CpuBudget` counts too."""


class Timed:
    """Await something, and measure the time that this thread works on it, without the waits."""

    __slots__ = ("_work", "seconds")

    def __init__(self, work: Awaitable[None]) -> None:
        """Wrap some work.

        Args:
            work: the awaitable; await this object instead, once.
        """
        self._work = work
        self.seconds = 0.0
        """Seconds of work so far."""

    def __await__(self) -> Generator[Any, Any, None]:
        """Pass on each wait, and its end, such as a cancellation."""
        steps: Any = self._work.__await__()
        error: BaseException | None = None
        while True:
            begun = time.thread_time()
            try:
                waiting = steps.send(None) if error is None else steps.throw(error)
            except StopIteration:
                return
            finally:
                self.seconds += time.thread_time() - begun
                error = None
            try:
                yield waiting
            except BaseException as raised:  # noqa: BLE001 (raised where the work waits)
                error = raised
            finally:
                waiting = None  # its exception refers to this frame: neither would be freed


class ReceivePace:
    """The event loop's time that reading each person's sockets has used lately."""

    def __init__(self, share: float = SHARE) -> None:
        """Start without used time.

        Args:
            share: the share of the loop's time for one person in the long run, from 0 to 1.
        """
        self._share = share
        self._taken = CpuBudget(share)

    def add(self, name: str, seconds: float, now: float) -> float | None:
        """Record a message, and say when to read that socket again.

        Args:
            name: the sender's name.
            seconds: how many seconds of the event loop's time it took.
            now: seconds of a monotonic clock.

        Returns:
            Seconds to wait first; 0 for the others' turn; None to go on at once.
        """
        self._taken.add(name, seconds, now)
        ahead = self._taken.of(name, now)
        if ahead < TURNS_SECONDS:
            return None
        return min(LONGEST_SECONDS, max(0.0, ahead - AHEAD_SECONDS) / self._share)
