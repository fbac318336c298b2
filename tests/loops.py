"""Coroutines in tests: run one, wait for a condition in one, let all that is ready run."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")
POLL_SECONDS = 0.005
TURNS = 100
"""Turns of the event loop: far more than a chain of tasks needs in which nothing waits for a
thread, a socket or a timer."""


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
        condition: what to ask.
        seconds: how long to poll.

    Raises:
        TimeoutError: the condition did not hold in time.
    """
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (what tells nobody)
            await asyncio.sleep(POLL_SECONDS)


async def settle() -> None:
    """Let everything run that is ready, and what that makes ready: by turns, not by a time."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
