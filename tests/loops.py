"""Coroutines in tests: run one, wait for a condition inside one, let all ready tasks run."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")
POLL_SECONDS = 0.005
TURNS = 100
"""Turns of the event loop: far more than a chain of tasks needs if none of them waits for a thread,
a socket or a timer."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a thread of its own: Playwright may have left a loop running in this one.

    Args:
        work: the coroutine.

    Returns:
        What it returns.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, work).result()


async def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    """Poll a condition until it holds, as `tests.labs.wait_until` does; for coroutines.

    Args:
        condition: called until its value is true.
        seconds: how long to poll.

    Raises:
        TimeoutError: the condition did not hold in time.
    """
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (nothing notifies us of it)
            await asyncio.sleep(POLL_SECONDS)


async def settle() -> None:
    """Let all ready tasks run, and the tasks that these make ready: count turns, not time."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
