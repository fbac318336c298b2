"""Reserve free names for new files, each for one of the requests that come at the same time.

The file system decides in the end which request gets a name. Without the reservation, thirty people
who click on *New notebook* together would all try the same names, and the last ones would fail.
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
    """Generate names for a file as JupyterLab does: a, a1, a2 and so on.

    Args:
        name: the first name; its suffixes stay at the end.
        insert: the text before the number.
    """
    base, dot, suffix = name.rpartition(".")
    if dot + suffix != NOTEBOOK:
        base, dot, suffix = name.partition(".")
    yield name
    for number in itertools.count(1):
        yield f"{base}{insert}{number}{dot}{suffix}"


class FreeNames:
    """Reserved names whose files aren't created yet. For one event loop."""

    def __init__(self, is_there: Callable[[str], Awaitable[bool]]) -> None:
        """Start without reserved names.

        Args:
            is_there: says whether a path exists.
        """
        self._is_there = is_there
        self._given: dict[str, asyncio.Task[Any] | None] = {}

    @contextlib.contextmanager
    def until_made(self) -> Iterator[None]:
        """Reserve this task's names until it has created the file or has failed."""
        mine = asyncio.current_task()
        try:
            yield
        finally:
            for path in [path for path, task in self._given.items() if task is mine]:
                del self._given[path]

    async def give(self, name: str, folder: str, insert: str = "") -> str:
        """Find a name that is free and not reserved, and reserve it.

        Args:
            name: the first name to try.
            folder: the folder's path.
            insert: the text before the number.
        """
        for found in names(name, insert):
            path = f"{folder}/{found}"
            if path in self._given:
                continue
            self._given[path] = asyncio.current_task()  # before the first await
            if not await self._is_there(path):
                return found
            del self._given[path]
        raise AssertionError
