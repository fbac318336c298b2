"""Take turns at costly work: limited for each person, and for all together.

For one event loop; not safe for threads.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class TooManyError(Exception):
    """Too much work of one person is waiting already."""


class Turns:
    """The turns at one kind of work.

    A person's own turn may last longer than the work: until its result has been taken, say. Others
    wait only for `place`.
    """

    def __init__(self, together: int, each: int, asked: int) -> None:
        """Begin with nobody.

        Args:
            together: how much is worked on at a time.
            each: of one person's.
            asked: of one person's, with what waits.
        """
        self._places = asyncio.Semaphore(together)
        self._each, self._most = each, asked
        self._own: dict[str, asyncio.Semaphore] = {}
        self._asked: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def own(self, name: str) -> AsyncIterator[None]:
        """Wait for a person's turn, and hold it.

        Args:
            name: the person's; "" for the lab itself, which waits for no turn of its own.

        Raises:
            TooManyError: too much of theirs waits already.
        """
        if not name:
            yield
            return
        if self._asked[name] >= self._most:
            raise TooManyError
        self._asked[name] += 1
        try:
            async with self._own.setdefault(name, asyncio.Semaphore(self._each)):
                yield
        finally:
            self._asked[name] -= 1
            if not self._asked[name]:
                del self._asked[name], self._own[name]

    @contextlib.asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place among all, first come first served, and hold it."""
        async with self._places:
            yield
