"""People who stay while their school changes: they type, and reconnect as pages do."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pycrdt import Array, Doc, create_sync_message, handle_sync_message
from websockets.exceptions import WebSocketException

from benchmarks.soak.people import AGAIN_SECONDS, SYNC, telling, text_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from benchmarks.soak.people import Place

WORD = re.compile(r"<[^<>]+>")
BETWEEN_SECONDS = 2.0
"""The average time between two words of one person."""
DEAF_SECONDS = 30
"""A page without a message for this long ends its connection, as y-websocket does."""
CLOSE_SECONDS = 60
"""How long it then waits for the server to close, before it reconnects, as Chromium does."""


@dataclass
class Person:
    """A person who has one notebook open.

    Attributes:
        name: the person's name, which nobody else in the school has.
        class_: the name of their class.
        place: the notebook's address; each connection may lead to another machine.
        doc: their copy of the notebook.
        typed: all words that they have typed.
        longest: the longest time in seconds for which nothing arrived from the others.
    """

    name: str
    class_: str
    place: Place
    doc: Doc[Any] = field(default_factory=Doc)
    typed: list[str] = field(default_factory=list)
    longest: float = 0.0
    _heard: float = 0.0
    _types: bool = False

    def __post_init__(self) -> None:
        """Start to observe what others type."""
        self._watching = self.doc.observe(self._changed)

    def _changed(self, _: Any) -> None:
        if not self._types:
            self.listen()

    def listen(self) -> None:
        """Note the time since something last arrived from the others, if it is the longest."""
        now = time.monotonic()
        self.longest = max(self.longest, now - self._heard)
        self._heard = now

    def begin(self) -> None:
        """Measure the longest time again from now on."""
        self.longest, self._heard = 0.0, time.monotonic()

    @property
    def text(self) -> str:
        """The source of the notebook's first cell."""
        return text_of(self.doc)

    async def stay(self) -> None:
        """Stay connected until cancelled; reconnect if the connection ends or is silent."""
        more: dict[str, Any] = {"open_timeout": 10, "close_timeout": CLOSE_SECONDS}
        more |= {"ping_interval": None, "compression": None}  # pages send no pings
        while True:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                async with self.place.connect(**more) as connection:
                    await connection.send(create_sync_message(self.doc))
                    async with telling(connection, self.doc):
                        await self._hear(connection)
            await asyncio.sleep(AGAIN_SECONDS * (1 + random.random()))

    async def _hear(self, connection: Any) -> None:
        """Apply arriving messages to the copy.

        Raises:
            TimeoutError: nothing arrived for `DEAF_SECONDS`.
            WebSocketException: the connection has ended.
        """
        while True:
            message = await asyncio.wait_for(connection.recv(), DEAF_SECONDS)
            if message[0] == SYNC and (reply := handle_sync_message(message[1:], self.doc)):
                await connection.send(reply)

    async def type(self, may: asyncio.Event) -> None:
        """Type words until cancelled, with or without a connection.

        Args:
            may: set while people may type.
        """
        while True:
            await asyncio.sleep(random.uniform(0.5, 1.5) * BETWEEN_SECONDS)
            await may.wait()
            if not len(self.doc.get("cells", type=Array)):
                continue  # the notebook hasn't arrived yet
            word = f"<{self.name}.{len(self.typed)}>"
            self._types = True
            source = self.doc.get("cells", type=Array)[0]["source"]
            source += word
            self._types = False
            self.typed.append(word)


class Lag:
    """Measures the delay of the event loop.

    Attributes:
        most: the longest delay so far, in seconds.
    """

    def __init__(self) -> None:
        """Start with no delay."""
        self.most = 0.0

    async def watch(self, every: float = 0.05) -> None:
        """Measure until cancelled.

        Args:
            every: the seconds between two measurements.
        """
        while True:
            begun = time.monotonic()
            await asyncio.sleep(every)
            self.most = max(self.most, time.monotonic() - begun - every)


@contextlib.asynccontextmanager
async def there(people: Iterable[Person], may: asyncio.Event, lag: Lag) -> AsyncIterator[None]:
    """Keep people connected during the context; they type while they may.

    Args:
        people: the people.
        may: set while people may type.
        lag: measures the event loop's delay meanwhile.
    """
    tasks = [asyncio.create_task(person.stay()) for person in people]
    tasks += [asyncio.create_task(person.type(may)) for person in people]
    tasks.append(asyncio.create_task(lag.watch()))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def words(text: str) -> set[str]:
    """Return the typed words in a text."""
    return set(WORD.findall(text))


def lost(typed: Iterable[str], texts: Iterable[str]) -> set[str]:
    """Return the words that are missing in at least one of some texts.

    Args:
        typed: the words.
        texts: the texts of pages and files, each of which should have all words.
    """
    held = [words(text) for text in texts]
    return {word for word in typed if not all(word in one for one in held)}
