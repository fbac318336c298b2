"""List a folder once for all pages that request it at the same time, as those of a class do.

No listing is cached: a file's size and time change without a change of its folder.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


class SharedListings(Generic[T]):
    """The running listings, by folder. For one event loop; not safe for threads."""

    def __init__(self) -> None:
        self._begun: dict[str, Task[T]] = {}
        self._next: dict[str, Task[T]] = {}

    async def get(self, path: str, make: Callable[[], Awaitable[T]]) -> T:
        """Return a listing that started after the request, so that it lacks nothing.

        All requests that come while one listing is made share the next one.

        Args:
            path: the folder's path.
            make: makes the listing.

        Raises:
            Exception: the exception of `make`, for every request that shares the listing.
        """
        if path in self._next:
            task = self._next[path]
        elif path in self._begun:
            task = asyncio.ensure_future(self._after(self._begun[path], path, make))
            self._next[path] = task
        else:
            task = self._begun[path] = asyncio.ensure_future(self._make(path, make))
        # A request that is cancelled doesn't cancel the listing for the others.
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
