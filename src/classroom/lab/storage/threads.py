"""Run functions that wait for the disk in separate threads, off the event loop.

anyio's threads aren't used, because anyio searches all of the server's tasks for each call.
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
"""How many threads: one slow file must not delay other people."""
MOST_LONG = 3
"""How many threads for long work, so that it never delays a save."""
_pool = ThreadPoolExecutor(MOST, "files")
_long = ThreadPoolExecutor(MOST_LONG, "long")


async def run(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in a thread; await it on the event loop.

    Args:
        step: the function.
        *args: its positional arguments.
        **kwargs: its keyword arguments.
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_pool, partial(step, *args, **kwargs))


async def run_long(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function that may take long in a thread that no save needs; else as `run`.

    If the caller is cancelled, a function that hasn't started is dropped. A function that runs
    already is awaited before the cancellation, so that its person keeps their turn until then.
    """
    work = _long.submit(partial(step, *args, **kwargs))
    waiting = asyncio.wrap_future(work)
    try:
        return await asyncio.shield(waiting)
    except asyncio.CancelledError:
        if not work.cancel():
            await asyncio.wait([waiting])
            waiting.exception()  # its result isn't needed any more
        raise
