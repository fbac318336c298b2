"""Start the saves of all documents at a pace that leaves the event loop free for typing."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

T = TypeVar("T")
SHARE = 0.1
"""Share of the event loop's time that the saves of all documents may take together."""
LONGEST_PAUSE_SECONDS = 1.0
"""Seconds after which the next document is saved, however long the last save took."""


def pause(cost: float) -> float:
    """Return how many seconds to pause after a save that cost so many seconds."""
    return min(LONGEST_PAUSE_SECONDS, cost * (1 / SHARE - 1))


class SavingPace:
    """Decides when the save of each document may start. For one event loop.

    Only the start waits. While one save takes long, because its disk is slow or a program's change
    is merged first, the others start.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start without a pause.

        Args:
            clock: returns seconds.
        """
        self._clock = clock
        self._next = clock()

    async def begin(self, expected: float) -> None:
        """Wait until a save may start, after the saves that waited before.

        Args:
            expected: how many seconds of the event loop the save will probably take.
        """
        wait = self._reserve(pause(expected))
        if wait > 0:
            await asyncio.sleep(wait)

    def took(self, expected: float, cost: float) -> None:
        """Prolong the pause if a save has cost more than was expected.

        Args:
            expected: the value given to `begin`.
            cost: how many seconds of the event loop the save took.
        """
        self._reserve(max(0.0, pause(cost) - pause(expected)))

    def _reserve(self, seconds: float) -> float:
        now = self._clock()
        begins = max(self._next, now)
        self._next = begins + seconds
        return begins - now


class Metered(Generic[T]):
    """Something to await once, which measures the event loop's time for its own steps.

    Attributes:
        seconds: CPU seconds of the thread, so far.
    """

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        """Measure a coroutine.

        Args:
            work: not yet awaited.
        """
        self._work = work
        self.seconds = 0.0

    def __await__(self) -> Generator[Any, Any, T]:
        """Run it in the task that awaits this."""
        steps, sent, thrown = self._work.__await__(), None, None
        while True:
            begun = time.thread_time()
            try:
                found = steps.send(sent) if thrown is None else steps.throw(thrown)
            except StopIteration as end:
                result: T = end.value
                return result
            finally:
                self.seconds += time.thread_time() - begun
            sent, thrown = None, None
            try:
                sent = yield found
            except BaseException as error:  # noqa: BLE001 (it is the coroutine's to handle)
                thrown = error
