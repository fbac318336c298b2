"""When a document is saved: a beat after the first change, however steadily people type on."""

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
"""Seconds until a save is tried again that failed, as on a full disk."""
PAGE_SECONDS = 0.03
"""Seconds between two saves for each page that has the document open."""


def beat(delay: float, pages: int) -> float:
    """Decide how long after a change a document is saved.

    The file is written as a whole, and every page hears of it: the more there are, the less often.

    Args:
        delay: seconds, at least.
        pages: how many have it open.
    """
    return max(delay, pages * PAGE_SECONDS)


class SaveBeat:
    """The next save of one document. The event loop's: nothing here is for threads."""

    def __init__(
        self,
        file: ClassLoader,
        save: Callable[[], Coroutine[Any, Any, None]],
        what: str,
        log: Logger,
    ) -> None:
        """Have nothing to save yet.

        Args:
            file: the document's.
            save: saves what the document says when it is called.
            what: for the log, if that fails.
            log: the lab's.
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
        """Save in a while.

        Args:
            delay: seconds until then, at least.
        """
        self.is_due = True
        self._task = background_tasks.start(self._after(delay), self._what, self._log)

    async def _after(self, delay: float) -> None:
        await asyncio.sleep(delay)
        await self._file.open_up()
        # Thirty notebooks, saved every second, would leave those who type in them no time.
        pace, expected = self._file.pace, self._cost
        await pace.begin(expected)
        saving = Metered(self._save_now())
        try:
            await saving
        finally:
            self._cost = saving.seconds
            pace.took(expected, saving.seconds)

    async def _save_now(self) -> None:
        # From here on a change is for the next beat: what is saved is read right after.
        self.is_due = False
        await self._save()

    def again(self, change: Callable[[], None] | None) -> None:
        """Take a failed save for a change in a while, though nobody types meanwhile.

        Args:
            change: to be called then; None when there is nothing to try again.
        """
        if self._again is not None:
            self._again.cancel()
            self._again = None
        if change is not None:
            self._again = asyncio.get_running_loop().call_later(AGAIN_SECONDS, change)

    async def finish(self) -> bool:
        """Save at once what is due, or wait until what is being saved is.

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
        """Save no more."""
        if self._task is not None:
            self._task.cancel()
        self.again(None)
