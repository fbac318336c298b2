"""One kill: two people type and watch, the lab is killed, and a new page reads the document."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from pycrdt import Array, Doc, create_sync_message, create_update_message, handle_sync_message
from websockets.exceptions import ConnectionClosed

from benchmarks.soak.people import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.soak.people import Place

SYNC = 0
WORD = re.compile(r"[ab]\d+;")
BETWEEN_SECONDS = 0.04
"""The average time between two words of a person: half the time between a fast typist's letters."""


class Page:
    """A page that never reconnects: changes that only it has are lost."""

    def __init__(self, place: Place, name: str) -> None:
        """Begin without a document.

        Args:
            place: the address of the document's room.
            name: the first letter of its words.
        """
        self._place = place
        self._name = name
        self.doc: Doc[Any] = Doc()

    @property
    def text(self) -> str:
        """The first cell's source, "" before there is one."""
        return text_of(self.doc)

    @property
    def seen(self) -> set[str]:
        """Others' words that have arrived here."""
        return {word for word in WORD.findall(self.text) if word[0] != self._name}

    async def be_there(self, words: Iterator[int], ready: Callable[[], None]) -> None:
        """Type, and read everything that arrives until the connection ends.

        Args:
            words: the numbers of its words, all different; an empty iterator for no typing.
            ready: called when the document has arrived.
        """
        async with self._place.connect(open_timeout=30, close_timeout=0.1) as connection:
            await connection.send(create_sync_message(self.doc))
            typing: asyncio.Task[None] | None = None
            try:
                async for message in connection:
                    if not isinstance(message, bytes) or message[0] != SYNC:
                        continue
                    if reply := handle_sync_message(message[1:], self.doc):
                        await connection.send(reply)
                    if typing is None and len(self.doc.get("cells", type=Array)):
                        typing = asyncio.create_task(self._type(connection, words))
                        ready()
            finally:
                if typing is not None:
                    typing.cancel()

    async def _type(self, connection: Any, words: Iterator[int]) -> None:
        updates: list[bytes] = []
        watching = self.doc.observe(lambda event: updates.append(event.update))
        with contextlib.suppress(ConnectionClosed):
            for number in words:
                await asyncio.sleep(random.uniform(0, 2) * BETWEEN_SECONDS)
                updates.clear()
                source = self.doc.get("cells", type=Array)[0]["source"]
                source += f"{self._name}{number};"
                await connection.send(create_update_message(updates[-1]))
        self.doc.unobserve(watching)


async def until_killed(
    place: Place, words: Iterator[int], kill: Callable[[], None], seconds: float
) -> list[Page]:
    """Have two people type until the lab is killed; return their pages.

    Args:
        place: the address of the document's room.
        words: the numbers of their words.
        kill: kills the lab server or its container; called in a thread.
        seconds: the time from when both have the document until the kill.

    Raises:
        TimeoutError: the document didn't arrive, or the connections didn't end, within a minute.
    """
    pages = [Page(place, name) for name in "ab"]
    there = asyncio.Semaphore(0)
    being = [asyncio.create_task(page.be_there(words, there.release)) for page in pages]
    async with asyncio.timeout(60):
        for _ in pages:
            await there.acquire()
    await asyncio.sleep(seconds)
    await asyncio.to_thread(kill)
    async with asyncio.timeout(60):
        # How a connection ends doesn't matter: its page has read all data that arrived.
        await asyncio.gather(*being, return_exceptions=True)
    return pages


async def look(place: Place) -> str:
    """Return the document's text in a new page; raise TimeoutError after a minute."""
    page, there = Page(place, "-"), asyncio.Event()
    being = asyncio.create_task(page.be_there(iter(()), there.set))
    async with asyncio.timeout(60):
        await there.wait()
    being.cancel()
    await asyncio.gather(being, return_exceptions=True)
    return page.text


def wrong(pages: list[Page], text: str) -> list[str]:
    """List the errors in a document after a kill: lost words, and words that are there twice.

    Args:
        pages: the pages that had it open.
        text: the text in a new page.
    """
    found = Counter(WORD.findall(text))
    seen = set().union(*(page.seen for page in pages))
    lost = [word for word in seen if not found[word]]
    twice = [word for word, times in found.items() if times > 1]
    return [f"lost: {sorted(lost)}"] * bool(lost) + [f"twice: {sorted(twice)}"] * bool(twice)
