"""How much of the event loop's time goes into reading one person's sockets, all of them together.

Each message is cheap, but tornado reads all that has come over a socket before it turns to the
next, and one person may have hundreds of sockets. A socket whose user is ahead of their share is
read later: what they send meanwhile waits in their own machine's buffers. One event loop's.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from classroom.lab.connections.cpu_budget import CpuBudget

if TYPE_CHECKING:
    from collections.abc import Awaitable, Generator

SHARE = 0.1
"""Of the event loop's time that one person's sockets may take for long."""
TURNS_SECONDS = 0.05
"""From so much on their sockets are read one message at a time, each in its turn."""
AHEAD_SECONDS = 1.0
"""From so much on they are read later. Pasting a large notebook takes less."""
LONGEST_SECONDS = 1.0
"""A pause: somebody who has pasted something huge goes on typing soon; `CpuBudget` counts too."""


class Timed:
    """Awaits something, and measures the time that this thread works at it, without the waits."""

    __slots__ = ("_work", "seconds")

    def __init__(self, work: Awaitable[None]) -> None:
        """Begin.

        Args:
            work: to be awaited; await this instead, once.
        """
        self._work = work
        self.seconds = 0.0
        """How long it has been worked at."""

    def __await__(self) -> Generator[Any, Any, None]:
        """Pass on each wait, and what ends it, such as a cancellation."""
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


class ReceivePace:
    """What reading people's sockets has taken of the event loop lately."""

    def __init__(self, share: float = SHARE) -> None:
        """Begin with nothing taken.

        Args:
            share: of the loop's time that one person may take for long, from 0 to 1.
        """
        self._share = share
        self._taken = CpuBudget(share)

    def add(self, name: str, seconds: float, now: float) -> float | None:
        """Take note of a message, and say when that socket is to be read again.

        Args:
            name: of who has sent it.
            seconds: of the loop's time that it took.
            now: on a clock that doesn't go back.

        Returns:
            Seconds to wait first; 0 for the others' turn; None to go on at once.
        """
        self._taken.add(name, seconds, now)
        ahead = self._taken.of(name, now)
        if ahead < TURNS_SECONDS:
            return None
        return min(LONGEST_SECONDS, max(0.0, ahead - AHEAD_SECONDS) / self._share)
