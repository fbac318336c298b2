"""List a folder once for all who ask for it at the same time: every page does, and a class at once.

Nothing is remembered from one listing to the next: a file's size and time change without a change
of its folder.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


class SharedListings(Generic[T]):
    """The listings that are being made, by folder. For one event loop; not safe for threads."""

    def __init__(self) -> None:
        self._begun: dict[str, Task[T]] = {}
        self._next: dict[str, Task[T]] = {}

    async def get(self, path: str, make: Callable[[], Awaitable[T]]) -> T:
        """Return a listing that was begun after it was asked for, so that it lacks nothing.

        Whoever asks while one is being made shares the next one with all others who do.

        Args:
            path: of the folder.
            make: makes it.

        Raises:
            Exception: as `make`, for everybody who shares it.
        """
        if path in self._next:
            task = self._next[path]
        elif path in self._begun:
            task = asyncio.ensure_future(self._after(self._begun[path], path, make))
            self._next[path] = task
        else:
            task = self._begun[path] = asyncio.ensure_future(self._make(path, make))
        # Somebody who goes doesn't take it away from the others.
        return await asyncio.shield(task)

    async def _after(self, before: Task[T], path: str, make: Callable[[], Awaitable[T]]) -> T:
        await asyncio.wait([before])
        self._begun[path] = self._next.pop(path)
        return await self._make(path, make)

    async def _make(self, path: str, make: Callable[[], Awaitable[T]]) -> T:
        try:
            return await make()
        finally:
            del self._begun[path]
