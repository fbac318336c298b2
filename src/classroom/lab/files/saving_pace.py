"""Begin the saves of all documents at a pace that leaves the event loop to those who type."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

T = TypeVar("T")
SHARE = 0.1
"""How much of the event loop's time saving may take, all documents together."""
LONGEST_PAUSE_SECONDS = 1.0
"""Seconds after which the next document is saved in any case, however much the last one cost."""


def pause(cost: float) -> float:
    """Decide how long no other save begins after one that costs so much: seconds from seconds."""
    return min(LONGEST_PAUSE_SECONDS, cost * (1 / SHARE - 1))


class SavingPace:
    """When each document may begin to be saved. One event loop's.

    Only the beginning waits for its time: however long a document's save takes, because its file is
    slow or a program's change is merged first, others' begin meanwhile.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing to wait for.

        Args:
            clock: tells seconds.
        """
        self._clock = clock
        self._next = clock()

    async def begin(self, expected: float) -> None:
        """Wait until a save may begin, after those that asked before.

        Args:
            expected: seconds of the event loop that it will take, as far as is known.
        """
        wait = self._reserve(pause(expected))
        if wait > 0:
            await asyncio.sleep(wait)

    def took(self, expected: float, cost: float) -> None:
        """Count what a save has cost beyond what was expected.

        Args:
            expected: as it was given to `begin`.
            cost: seconds of the event loop that it has taken.
        """
        self._reserve(max(0.0, pause(cost) - pause(expected)))

    def _reserve(self, seconds: float) -> float:
        now = self._clock()
        begins = max(self._next, now)
        self._next = begins + seconds
        return begins - now


class Metered(Generic[T]):
    """Something to await once, with what its own steps take of the event loop's time.

    Attributes:
        seconds: of the thread's CPU, so far.
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
