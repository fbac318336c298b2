"""Do what waits for the disk in threads of its own, off the event loop, in one step each.

Not anyio's: it goes through all of the server's tasks each time, a few for every page.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")
MOST = 16
"""Threads; one file that is read slowly keeps nobody else waiting."""
MOST_LONG = 3
"""Threads for what takes long, so that it keeps nobody's save waiting."""
_pool = ThreadPoolExecutor(MOST, "files")
_long = ThreadPoolExecutor(MOST_LONG, "long")


async def run(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in a thread; to be awaited on the event loop.

    Args:
        step: the function.
        *args: its arguments.
        **kwargs: likewise.
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_pool, partial(step, *args, **kwargs))


async def run_long(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function that may take long in a thread that no save waits for; else as `run`.

    Who is cancelled goes on waiting if it is being done already: whose turn it was has it until
    then. What hasn't begun is dropped.
    """
    work = _long.submit(partial(step, *args, **kwargs))
    waiting = asyncio.wrap_future(work)
    try:
        return await asyncio.shield(waiting)
    except asyncio.CancelledError:
        if not work.cancel():
            await asyncio.wait([waiting])
            waiting.exception()  # nobody wants it any more
        raise
