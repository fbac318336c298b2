"""What people's messages cost the server: who takes too much is not heard for a while."""

from __future__ import annotations

import asyncio
import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from classroom.lab.connections.throttle import Seldom
from classroom.lab.protocol import messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classroom.lab.protocol.messages import Message

PATIENCE_SECONDS = 5.0
"""Of the server's time that one person's messages may take: a page's take some thousandths."""
FORGOTTEN_PER_SECOND = 1 / 12
"""Seconds of that which are forgotten in a second."""
TOLD_SECONDS = 60.0
"""How seldom somebody is told that they have taken too much."""
# One thread for all: it competes with the event loop, and files and documents don't wait for it.
_readers = ThreadPoolExecutor(1, "messages")


class TooMuchError(Exception):
    """Somebody's messages take too much of the server's time; what isn't taken may come again."""


class CpuBudget:
    """How much of the server's time people's messages have taken lately."""

    def __init__(self, forgotten: float = FORGOTTEN_PER_SECOND) -> None:
        """Begin with none.

        Args:
            forgotten: seconds of what somebody has taken that are forgotten in a second.
        """
        self._forgotten = forgotten
        self._spent: dict[str, tuple[float, float]] = {}
        self.telling = Seldom(TOLD_SECONDS)
        """When somebody was told that they have taken too much."""
        self._reading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._replaying: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._answering: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def add(self, name: str, seconds: float, now: float) -> None:
        """Take note of a message.

        Args:
            name: the sender's name.
            seconds: that it took.
            now: seconds of a monotonic clock.
        """
        self._spent[name] = self.of(name, now) + seconds, now

    def of(self, name: str, now: float) -> float:
        """Return the seconds that somebody has taken and that aren't forgotten yet."""
        spent, at = self._spent.get(name, (0.0, now))
        return max(0.0, spent - (now - at) * self._forgotten)

    def is_too_much(self, name: str, now: float) -> bool:
        """Say whether somebody has taken too much."""
        return self.of(name, now) > PATIENCE_SECONDS

    def ask(self, name: str) -> None:
        """Let somebody's message be read.

        Raises:
            TooMuchError: they have taken too much of the server's time lately.
        """
        if self.is_too_much(name, time.monotonic()):
            raise TooMuchError

    @contextlib.contextmanager
    def charged(self, name: str) -> Iterator[None]:
        """Put what is done meanwhile, in this thread and without a pause, on somebody's account."""
        begun = time.thread_time()
        try:
            yield
        finally:
            self.add(name, time.thread_time() - begun, time.monotonic())

    async def read_long(self, raw: str | bytes, who: str) -> Message:
        """Read a long message while others are served, one of each person's at a time.

        Args:
            raw: as received.
            who: the name of its sender.

        Raises:
            OutOfBoundsError: it isn't one, or not within the bounds.
            TooMuchError: they have taken too much of the server's time lately.
        """
        spent = 0.0

        def read() -> Message:
            nonlocal spent
            begun = time.thread_time()
            try:
                return messages.parse(raw)
            finally:
                spent = time.thread_time() - begun

        async with self._reading.setdefault(who, asyncio.Lock()):
            self.ask(who)
            try:
                return await asyncio.get_running_loop().run_in_executor(_readers, read)
            finally:
                self.add(who, spent, time.monotonic())

    def replaying(self, name: str) -> asyncio.Lock:
        """Return the lock under which a timeline is made: one of each person's at a time.

        Args:
            name: the name of the person who wants one.
        """
        return self._replaying.setdefault(name, asyncio.Lock())

    def answering(self, name: str) -> asyncio.Lock:
        """Return the lock under which pages' questions are answered: one person's in turn.

        Args:
            name: the name of the person whose pages they are.
        """
        return self._answering.setdefault(name, asyncio.Lock())
