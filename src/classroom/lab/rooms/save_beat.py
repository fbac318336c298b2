"""Save a document a beat after the first change, even while people go on typing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from classroom.lab.files.saving_pace import Metered
from classroom.runtime import background_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from logging import Logger
    from typing import Any

    from classroom.lab.files.file_loader import ClassLoader

AGAIN_SECONDS = 5.0
"""Seconds until a failed save is retried, as on a full disk."""
PAGE_SECONDS = 0.03
"""Seconds between two saves for each page that has the document open."""


def beat(delay: float, pages: int) -> float:
    """Return how many seconds after a change to save a document.

    A save writes the whole file, and notifies every page. So the more pages, the less often.

    Args:
        delay: fewest seconds.
        pages: how many pages have the document open.
    """
    return max(delay, pages * PAGE_SECONDS)


class SaveBeat:
    """The next save of one document. For one event loop; not safe for threads."""

    def __init__(
        self,
        file: ClassLoader,
        save: Callable[[], Coroutine[Any, Any, None]],
        what: str,
        log: Logger,
    ) -> None:
        """Start without anything to save.

        Args:
            file: the document's file.
            save: saves the document's present content.
            what: what the log calls the task, if it fails.
            log: the lab's log.
        """
        self.is_due = False
        """Whether a change waits for the next save."""
        self._file = file
        self._save = save
        self._what = what
        self._log = log
        self._task: asyncio.Task[None] | None = None
        self._again: asyncio.TimerHandle | None = None
        self._cost = 0.0

    def begin(self, delay: float) -> None:
        """Save after a delay.

        Args:
            delay: fewest seconds until the save.
        """
        self.is_due = True
        self._task = background_tasks.start(self._after(delay), self._what, self._log)

    async def _after(self, delay: float) -> None:
        await asyncio.sleep(delay)
        await self._file.open_up()
        # Saving thirty notebooks every second would leave no time for typing in them.
        pace, expected = self._file.pace, self._cost
        await pace.begin(expected)
        saving = Metered(self._save_now())
        try:
            await saving
        finally:
            self._cost = saving.seconds
            pace.took(expected, saving.seconds)

    async def _save_now(self) -> None:
        # Later changes are for the next beat: the content to save is read right after this.
        self.is_due = False
        await self._save()

    def again(self, change: Callable[[], None] | None) -> None:
        """Retry a failed save later, even if nobody types meanwhile.

        Args:
            change: called then; None if there is nothing to retry.
        """
        if self._again is not None:
            self._again.cancel()
            self._again = None
        if change is not None:
            self._again = asyncio.get_running_loop().call_later(AGAIN_SECONDS, change)

    async def finish(self) -> bool:
        """Save at once what is due, or wait for the running save.

        Returns:
            Whether there was anything to save.
        """
        if self._task is None or self._task.done():
            return False
        if self.is_due:
            self._task.cancel()
            await self._file.open_up()
            await self._save_now()
        else:
            await self._task
        return True

    def cancel(self) -> None:
        """Stop saving."""
        if self._task is not None:
            self._task.cancel()
        self.again(None)
