"""Run the lab's event loop within a task of its own, which anyio looks for.

anyio keeps what belongs to an event loop with the task that `run_until_complete` was given. Tornado
runs the loop without one, and anyio (`find_root_task`) then goes through all tasks of the server,
some for every page, each time that something is done in a thread.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop


def run(loop: AbstractEventLoop) -> None:
    """Run an event loop until it is stopped, within a task.

    Args:
        loop: which doesn't run yet.
    """

    async def wait() -> None:
        await loop.create_future()

    root = loop.create_task(wait(), name="root")
    try:
        loop.run_until_complete(root)
    except RuntimeError:
        if root.done():
            raise
        # It was stopped before the task's end, as it always is.
    finally:
        root.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(root)


def use(io_loop: Any) -> None:
    """Have tornado run its event loop so from now on.

    Args:
        io_loop: tornado's event loop, on asyncio.
    """
    io_loop.start = partial(run, io_loop.asyncio_loop)
