"""Limit how much of the server's time one person's messages may use."""

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
"""How much of the server's time one person's messages may use; a page's use some milliseconds."""
FORGOTTEN_PER_SECOND = 1 / 12
"""How many seconds of used time are forgotten each second."""
TOLD_SECONDS = 60.0
"""Fewest seconds between two notices to a person that they have used too much."""
# One thread for everybody: it competes with the event loop. Files and documents don't need it.
_readers = ThreadPoolExecutor(1, "messages")


class TooMuchError(Exception):
    """A person's messages use too much of the server's time; pages may send them again later."""


class CpuBudget:
    """How much of the server's time people's messages have used lately."""

    def __init__(self, forgotten: float = FORGOTTEN_PER_SECOND) -> None:
        """Start without used time.

        Args:
            forgotten: how many seconds of used time are forgotten each second.
        """
        self._forgotten = forgotten
        self._spent: dict[str, tuple[float, float]] = {}
        self.telling = Seldom(TOLD_SECONDS)
        """Limits the notices to people who have used too much."""
        self._reading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._replaying: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._answering: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def add(self, name: str, seconds: float, now: float) -> None:
        """Record a message's time.

        Args:
            name: the sender's name.
            seconds: how many seconds it took.
            now: seconds of a monotonic clock.
        """
        self._spent[name] = self.of(name, now) + seconds, now

    def of(self, name: str, now: float) -> float:
        """Return how many seconds a person has used that aren't forgotten yet."""
        spent, at = self._spent.get(name, (0.0, now))
        return max(0.0, spent - (now - at) * self._forgotten)

    def is_too_much(self, name: str, now: float) -> bool:
        """Say whether a person has used too much."""
        return self.of(name, now) > PATIENCE_SECONDS

    def ask(self, name: str) -> None:
        """Check that a person's next message may be handled.

        Raises:
            TooMuchError: the person has used too much of the server's time lately.
        """
        if self.is_too_much(name, time.monotonic()):
            raise TooMuchError

    @contextlib.contextmanager
    def charged(self, name: str) -> Iterator[None]:
        """Charge the context's time to a person; it must be in one thread, without an await."""
        begun = time.thread_time()
        try:
            yield
        finally:
            self.add(name, time.thread_time() - begun, time.monotonic())

    async def read_long(self, raw: str | bytes, who: str) -> Message:
        """Parse a long message in a thread, one message of each person at a time.

        Args:
            raw: the received message.
            who: the sender's name.

        Raises:
            OutOfBoundsError: the message is invalid, or out of bounds.
            TooMuchError: the sender has used too much of the server's time lately.
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
        """Return the lock for building a timeline, one for each person at a time.

        Args:
            name: the name of the person who opens the timeline.
        """
        return self._replaying.setdefault(name, asyncio.Lock())

    def answering(self, name: str) -> asyncio.Lock:
        """Return the lock for answering a person's sync steps 1, one at a time.

        Args:
            name: the name of the person whose pages they are.
        """
        return self._answering.setdefault(name, asyncio.Lock())
