"""Limit the amount of costly work at a time: for each person, and for all together.

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
    """Too much work of a person is already waiting."""


class Turns:
    """The turns at one kind of work.

    A person's own turn may last longer than the work, for example until its result has been sent.
    Others wait only for `place`.
    """

    def __init__(self, together: int, each: int, asked: int) -> None:
        """Begin without work.

        Args:
            together: how many pieces of work may run at a time.
            each: how many of one person may run at a time.
            asked: how many of one person may run or wait.
        """
        self._places = asyncio.Semaphore(together)
        self._each, self._most = each, asked
        self._own: dict[str, asyncio.Semaphore] = {}
        self._asked: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def own(self, name: str) -> AsyncIterator[None]:
        """Wait for a person's turn, and hold it.

        Args:
            name: the person's name; "" for the lab itself, which has no limit of its own.

        Raises:
            TooManyError: too much work of this person is already waiting.
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
        """Wait for a place among all people's work, first come first served, and hold it."""
        async with self._places:
            yield
