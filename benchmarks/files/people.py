"""People who type into documents of both kinds, and receive the lab's notices."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pycrdt import (
    Array,
    Doc,
    Map,
    Text,
    create_sync_message,
    handle_sync_message,
)
from websockets.exceptions import WebSocketException

from benchmarks.files.ledger import words
from benchmarks.soak.people import telling
from classroom.lab.protocol import awareness
from classroom.lab.protocol.awareness import Entry

if TYPE_CHECKING:
    from benchmarks.soak.people import Place

SYNC = 0
AGAIN_SECONDS = 0.3
NEW_CELL_SHARE = 0.03
"""The share of words that are typed into a new cell."""


def texts_of(doc: Doc[Any], kind: str) -> list[Any]:
    """Return the shared texts of a document: its source, or its cells' sources.

    Args:
        doc: a page's copy of it.
        kind: "notebook" or "file".
    """
    if kind == "file":
        return [doc.get("source", type=Text)]
    return [cell["source"] for cell in doc.get("cells", type=Array)]


def wording(doc: Doc[Any], kind: str) -> str:
    """Return a document's whole text; the arguments are those of `texts_of`."""
    return "\n".join(map(str, texts_of(doc, kind)))


@dataclass
class Desk:
    """One page: a person's copy of one document.

    Attributes:
        place: the address of the document's room.
        kind: "notebook" or "file".
        doc: the copy.
        is_there: whether the document has arrived; people type only then.
    """

    place: Place
    kind: str
    doc: Doc[Any] = field(default_factory=Doc)
    is_there: bool = False

    @property
    def text(self) -> str:
        """The whole text of this copy."""
        return wording(self.doc, self.kind)

    def write(self, word: str) -> bytes:
        """Write a word at the end of a line; return the change as an update.

        Args:
            word: the word, without spaces.
        """
        updates: list[bytes] = []
        watching = self.doc.observe(lambda event: updates.append(event.update))
        texts = texts_of(self.doc, self.kind)
        if self.kind == "notebook" and (not texts or random.random() < NEW_CELL_SHARE):
            cell: dict[str, Any] = {"id": word, "cell_type": "code", "execution_count": None}
            cell |= {"metadata": Map({}), "source": Text(word), "outputs": Array([])}
            new: Map[Any] = Map(cell)
            self.doc.get("cells", type=Array).append(new)
        else:
            text = random.choice(texts)
            said = str(text).encode()
            ends = [at for at, byte in enumerate(said) if byte == ord("\n")] + [len(said)]
            text.insert(random.choice([*ends, len(said)]), random.choice(" \n") + word)
        self.doc.unobserve(watching)
        return updates[-1]


class Typist:
    """A person with one open document, who reconnects after each end of the connection."""

    def __init__(self, name: str, live: Place) -> None:
        """Begin without a document.

        Args:
            name: the person's name, such as "p07".
            live: the address of the page's own connection.
        """
        self.name = name
        self.typed: dict[str, float] = {}
        """The time of each typed word, in seconds since the epoch."""
        self.seen: dict[str, float] = {}
        """The time when each word of others arrived."""
        self.notices: dict[str, float] = {}
        """The time of each notice's last arrival."""
        self.lost: Counter[str] = Counter()
        """The number of times that the connection to the document ended, by the reason."""
        self.desk: Desk | None = None
        self._live, self._clock = live, 0
        self._room: asyncio.Task[None] | None = None

    async def open(self, place: Place, kind: str) -> None:
        """Open a document instead of the present one; call it on the event loop.

        Args:
            place: the address of its room.
            kind: "notebook" or "file".
        """
        if self._room is not None:
            self._room.cancel()
            await asyncio.gather(self._room, return_exceptions=True)
        self.desk = Desk(place, kind)
        self._room = asyncio.create_task(self._stay(self.desk))

    async def leave(self) -> None:
        """Close the document."""
        if self._room is not None:
            self._room.cancel()
            await asyncio.gather(self._room, return_exceptions=True)

    async def listen(self) -> None:
        """Receive the lab's notices to this page until cancelled."""
        while True:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                async with self._live.connect(open_timeout=10) as connection:
                    async for message in connection:
                        found = json.loads(message)
                        if found.get("type") == "notice":
                            self.notices[found["text"]] = time.time()
            await asyncio.sleep(AGAIN_SECONDS)

    async def type(self, seconds: float) -> None:
        """Type words until cancelled, with or without a connection.

        Args:
            seconds: the average time between two words.
        """
        while True:
            await asyncio.sleep(random.uniform(0.3, 1.7) * seconds)
            if self.desk is not None and self.desk.is_there:
                word = f"{self.name}w{len(self.typed):04}"
                self.typed[word] = time.time()
                self.desk.write(word)

    async def _stay(self, desk: Desk) -> None:
        while True:
            try:
                async with desk.place.connect(open_timeout=10, close_timeout=1) as connection:
                    await self._be_there(desk, connection)
                self.lost[f"closed {connection.close_code} {connection.close_reason}"] += 1
            except (OSError, WebSocketException, TimeoutError) as error:
                self.lost[f"{type(error).__name__}: {error}"] += 1
            await asyncio.sleep(AGAIN_SECONDS * (1 + random.random()))

    async def _be_there(self, desk: Desk, connection: Any) -> None:
        """Send typed words, and note others' words."""
        # A page first sends the identity of its copy.
        self._clock += 1
        here = Entry(desk.doc.client_id, self._clock, b"{}")
        await connection.send(awareness.encode([here]))
        await connection.send(create_sync_message(desk.doc))
        async with telling(connection, desk.doc):
            async for message in connection:
                if not isinstance(message, bytes) or message[0] != SYNC:
                    continue
                if reply := handle_sync_message(message[1:], desk.doc):
                    await connection.send(reply)
                else:
                    desk.is_there = True
                for word in words(desk.text):
                    if not word.startswith(self.name):
                        self.seen.setdefault(word, time.time())
