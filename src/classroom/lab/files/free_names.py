"""Names for new files, given to one of those who ask at once.

The file system decides in the end who has a name. Thirty people who click on *New notebook* at once
would all try the same names after each other, and the last of them would be refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from typing import TYPE_CHECKING, Any

from classroom.lab.files.models import NOTEBOOK

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator


def names(name: str, insert: str = "") -> Iterator[str]:
    """Go through names for a file, as JupyterLab gives them: a, a1, a2 and so on.

    Args:
        name: the first, with its suffixes; they stay at the end.
        insert: what comes before the number.
    """
    base, dot, suffix = name.rpartition(".")
    if dot + suffix != NOTEBOOK:
        base, dot, suffix = name.partition(".")
    yield name
    for number in itertools.count(1):
        yield f"{base}{insert}{number}{dot}{suffix}"


class FreeNames:
    """Names that are given to somebody and not made yet. On the event loop."""

    def __init__(self, is_there: Callable[[str], Awaitable[bool]]) -> None:
        """Begin with none.

        Args:
            is_there: says whether there is something of a path.
        """
        self._is_there = is_there
        self._given: dict[str, asyncio.Task[Any] | None] = {}

    @contextlib.contextmanager
    def until_made(self) -> Iterator[None]:
        """Keep from others what is given to this task, until it has made it or has failed to."""
        mine = asyncio.current_task()
        try:
            yield
        finally:
            for path in [path for path, task in self._given.items() if task is mine]:
                del self._given[path]

    async def give(self, name: str, folder: str, insert: str = "") -> str:
        """Find a name that is free, and is nobody's who asked before.

        Args:
            name: the first to try.
            folder: its path.
            insert: what comes before a number.
        """
        for found in names(name, insert):
            path = f"{folder}/{found}"
            if path in self._given:
                continue
            self._given[path] = asyncio.current_task()  # before anything is awaited
            if not await self._is_there(path):
                return found
            del self._given[path]
        raise AssertionError
