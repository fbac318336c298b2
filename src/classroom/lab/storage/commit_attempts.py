"""Wait for a commit: for one attempt, or for as many as are necessary."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3


class CommitAttempts:
    """The attempts to commit, one after the other, and their waiters. For one event loop.

    Updates are numbered from the journal's opening on.
    """

    def __init__(self) -> None:
        self._committed = 0
        self._next: asyncio.Future[None] | None = None

    def begin(self) -> None:
        """Announce an attempt, so that tasks can wait for it."""
        self._next = asyncio.get_running_loop().create_future()

    def succeeded(self, committed: int) -> None:
        """Wake the waiters after a successful attempt.

        Args:
            committed: how many updates are committed now.
        """
        self._committed = committed
        if (before := self._renewed()) is not None:
            before.set_result(None)

    def failed(self, error: Exception) -> None:
        """Wake the waiters of a failed attempt.

        Args:
            error: why it failed.
        """
        if (before := self._renewed()) is not None:
            before.set_exception(error)
            before.exception()  # there may be no waiter

    def _renewed(self) -> asyncio.Future[None] | None:
        """Announce the next attempt; return this one, unless it has ended already."""
        before = self._next
        self.begin()
        return None if before is None or before.done() else before

    async def wait(self, end: int) -> None:
        """Wait until updates are committed, or until an attempt fails.

        Args:
            end: the number of the last update to wait for.

        Raises:
            sqlite3.Error: the attempt failed; there will be another.
            OSError: the attempt failed; there will be another.
        """
        while self._committed < end and self._next is not None:
            # A cancelled waiter must not cancel the commit, because others wait for it as well.
            await asyncio.shield(self._next)

    async def wait_for_success(self, end: int) -> None:
        """Wait until updates are committed, for as many attempts as necessary.

        Args:
            end: the number of the last update to wait for.
        """
        while self._committed < end and self._next is not None:
            with contextlib.suppress(sqlite3.Error, OSError):
                await asyncio.shield(self._next)
