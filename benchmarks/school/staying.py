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
"""Between two words of one person, on average."""
DEAF_SECONDS = 30
"""After so long without a message a page ends its connection, as y-websocket does."""
CLOSE_SECONDS = 60
"""For which it then waits for the other end before it connects again, as Chromium does."""


@dataclass
class Person:
    """Somebody with one notebook open.

    Attributes:
        name: theirs; nobody else's in the school.
        class_: theirs.
        place: where the notebook is; where it leads may be another machine each time.
        doc: their copy.
        typed: every word of theirs.
        longest: seconds for which nothing of the others came, at most.
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
        """Notice what others type."""
        self._watching = self.doc.observe(self._changed)

    def _changed(self, _: Any) -> None:
        if not self._types:
            self.listen()

    def listen(self) -> None:
        """Note how long it was since something of the others came."""
        now = time.monotonic()
        self.longest = max(self.longest, now - self._heard)
        self._heard = now

    def begin(self) -> None:
        """Forget for how long nothing came until now."""
        self.longest, self._heard = 0.0, time.monotonic()

    @property
    def text(self) -> str:
        """What the notebook's first cell has."""
        return text_of(self.doc)

    async def stay(self) -> None:
        """Be there until cancelled; come back whenever the connection ends or says nothing."""
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
        """Take what comes.

        Raises:
            TimeoutError: nothing comes any more.
            WebSocketException: the connection has ended.
        """
        while True:
            message = await asyncio.wait_for(connection.recv(), DEAF_SECONDS)
            if message[0] == SYNC and (reply := handle_sync_message(message[1:], self.doc)):
                await connection.send(reply)

    async def type(self, may: asyncio.Event) -> None:
        """Type a word now and then until cancelled, connected or not.

        Args:
            may: set while people type.
        """
        while True:
            await asyncio.sleep(random.uniform(0.5, 1.5) * BETWEEN_SECONDS)
            await may.wait()
            if not len(self.doc.get("cells", type=Array)):
                continue  # not there yet for the first time
            word = f"<{self.name}.{len(self.typed)}>"
            self._types = True
            source = self.doc.get("cells", type=Array)[0]["source"]
            source += word
            self._types = False
            self.typed.append(word)


class Lag:
    """By how much a loop is late."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.most = 0.0

    async def watch(self, every: float = 0.05) -> None:
        """Measure until cancelled.

        Args:
            every: seconds between two looks.
        """
        while True:
            begun = time.monotonic()
            await asyncio.sleep(every)
            self.most = max(self.most, time.monotonic() - begun - every)


@contextlib.asynccontextmanager
async def there(people: Iterable[Person], may: asyncio.Event, lag: Lag) -> AsyncIterator[None]:
    """Let people be there, and type while they may."""
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
    """Return the words of a text."""
    return set(WORD.findall(text))


def lost(typed: Iterable[str], texts: Iterable[str]) -> set[str]:
    """Return the words that are missing in at least one of some texts.

    Args:
        typed: words.
        texts: of pages and of files, which all should have them.
    """
    held = [words(text) for text in texts]
    return {word for word in typed if not all(word in one for one in held)}
