"""Run the lab's event loop within a task, which anyio looks for.

anyio attaches an event loop's data to the task of `run_until_complete`. Tornado runs the loop
without such a task. Then anyio (`find_root_task`) searches all tasks of the server, some for every
page, whenever something runs in a thread.
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
        loop: an event loop that doesn't run yet.
    """

    async def wait() -> None:
        await loop.create_future()

    root = loop.create_task(wait(), name="root")
    try:
        loop.run_until_complete(root)
    except RuntimeError:
        if root.done():
            raise
        # The loop was stopped before the task ended, as always.
    finally:
        root.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(root)


def use(io_loop: Any) -> None:
    """Make tornado run its event loop this way from now on.

    Args:
        io_loop: tornado's event loop, on asyncio.
    """
    io_loop.start = partial(run, io_loop.asyncio_loop)
