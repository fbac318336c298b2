"""Return memory to the machine once everybody has left.

Pages that come and go leave holes in malloc's heap and cycles for the garbage collector. A lab of
somebody's own, or one between two lessons, would keep what its busiest minute needed. To look for
both takes up to 100 ms, so it is done while no page is open.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_SECONDS = 30.0
EMPTY_LOOKS = 3
"""Looks without a page: a room that is empty is unloaded after a minute, and its memory is free."""


class Departures:
    """Notices when everybody has left."""

    def __init__(self) -> None:
        self._empty_looks = EMPTY_LOOKS

    def are_over(self, pages: int) -> bool:
        """Say, once after each visit, that no page has been open for `EMPTY_LOOKS` looks.

        Args:
            pages: how many are open now.
        """
        self._empty_looks = 0 if pages else self._empty_looks + 1
        return self._empty_looks == EMPTY_LOOKS


def give_back() -> None:
    """Collect garbage, and return to the machine the pages of malloc's heap that nothing uses.

    Blocks for up to 100 ms. See malloc_trim(3), which is glibc's.
    """
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)


async def follow(pages: Callable[[], int]) -> None:
    """Give memory back each time that everybody has left, for as long as the lab runs.

    Args:
        pages: counts the pages that are open. On the lab's event loop.
    """
    departures = Departures()
    while True:
        if departures.are_over(pages()):
            give_back()
        await asyncio.sleep(LOOK_SECONDS)
