"""Wait for a commit: for one attempt at it, or for as many as it takes."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3


class CommitAttempts:
    """The attempts to commit, one after the other, and who waits for them. On the event loop.

    Updates are counted from the journal's opening on.
    """

    def __init__(self) -> None:
        self._committed = 0
        self._next: asyncio.Future[None] | None = None

    def begin(self) -> None:
        """Announce an attempt, for which one may wait."""
        self._next = asyncio.get_running_loop().create_future()

    def succeeded(self, committed: int) -> None:
        """Wake those who wait.

        Args:
            committed: the updates that are committed by now.
        """
        self._committed = committed
        if (before := self._renewed()) is not None:
            before.set_result(None)

    def failed(self, error: Exception) -> None:
        """Wake those who wait for this attempt.

        Args:
            error: why it failed.
        """
        if (before := self._renewed()) is not None:
            before.set_exception(error)
            before.exception()  # perhaps nobody waits

    def _renewed(self) -> asyncio.Future[None] | None:
        """Announce the next attempt; return this one, unless it has ended already."""
        before = self._next
        self.begin()
        return None if before is None or before.done() else before

    async def wait(self, end: int) -> None:
        """Wait until so many updates are committed, or until an attempt fails.

        Args:
            end: the number of the last of them.

        Raises:
            sqlite3.Error: the attempt failed; there will be another.
            OSError: likewise.
        """
        while self._committed < end and self._next is not None:
            # Others wait for the same commit: a waiter that is cancelled doesn't end it.
            await asyncio.shield(self._next)

    async def wait_for_success(self, end: int) -> None:
        """Wait until so many updates are committed, however many attempts that takes.

        Args:
            end: the number of the last of them.
        """
        while self._committed < end and self._next is not None:
            with contextlib.suppress(sqlite3.Error, OSError):
                await asyncio.shield(self._next)
