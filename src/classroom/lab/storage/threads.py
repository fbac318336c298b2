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
_pool = ThreadPoolExecutor(MOST, "files")


async def run(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in a thread; to be awaited on the event loop.

    Args:
        step: the function.
        *args: its arguments.
        **kwargs: likewise.
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_pool, partial(step, *args, **kwargs))
