"""People who type, lose their connection, and reconnect, as pages do."""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pycrdt import Array, Doc, create_sync_message, create_update_message, handle_sync_message
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

SYNC = 0
AGAIN_SECONDS = 0.5


@dataclass
class Place:
    """A document's address for one person.

    Attributes:
        address: the room's wss: address, with path and query.
        headers: the person's headers, with their cookies.
        where: returns the lab's present IP address and port.
    """

    address: str
    headers: dict[str, str]
    where: Callable[[], tuple[str, int]]

    def connect(self, **more: Any) -> connect:
        """Return a connection to the document, at the lab's present IP address; await or enter it.

        Args:
            **more: further arguments of `websockets.asyncio.client.connect`, such as time limits.
        """
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        host, port = self.where()
        return connect(
            self.address,
            host=host,
            port=port,
            ssl=context,
            additional_headers=self.headers,
            max_size=None,
            **more,
        )


def text_of(doc: Doc[Any]) -> str:
    """Return the source of a notebook's first cell; "" if there is none yet."""
    cells = doc.get("cells", type=Array)
    return str(cells[0]["source"]) if len(cells) else ""


@contextlib.asynccontextmanager
async def telling(connection: Any, doc: Doc[Any]) -> AsyncIterator[None]:
    """Send all changes of a document to its room during the context.

    Args:
        connection: the connection to the room.
        doc: a person's copy of the document.
    """
    updates: asyncio.Queue[bytes] = asyncio.Queue()
    watching = doc.observe(lambda event: updates.put_nowait(event.update))

    async def send() -> None:
        with contextlib.suppress(WebSocketException):
            while True:
                await connection.send(create_update_message(await updates.get()))

    sending = asyncio.create_task(send())
    try:
        yield
    finally:
        doc.unobserve(watching)
        sending.cancel()


@dataclass
class Person:
    """A person who has one document open.

    Attributes:
        name: the person's name.
        place: the document's address.
        doc: their copy of the document.
        typed: all words that they have typed.
        lost: how often they had to reconnect, by the reason why a connection ended or failed.
        is_here: whether they are connected.
        cut: the number of their established connections that have ended.
    """

    name: str
    place: Place
    doc: Doc[Any] = field(default_factory=Doc)
    typed: list[str] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    is_here: bool = False
    cut: int = 0

    @property
    def text(self) -> str:
        """The source of the first cell; "" if there is none yet."""
        return text_of(self.doc)

    async def stay(self) -> None:
        """Stay connected until cancelled; reconnect whenever the connection ends."""
        while True:
            try:
                async with self.place.connect(open_timeout=10) as connection:
                    self.is_here = True
                    await self._be_there(connection)
                why = f"closed {connection.close_code} {connection.close_reason}"
            except (OSError, WebSocketException, TimeoutError) as error:
                why = f"{type(error).__name__}: {error}"
            self.lost[why] += 1
            self.cut += self.is_here
            self.is_here = False
            await asyncio.sleep(AGAIN_SECONDS * (1 + random.random()))

    async def _be_there(self, connection: Any) -> None:
        """Send the person's words, and apply what others type."""
        await connection.send(create_sync_message(self.doc))
        async with telling(connection, self.doc):
            async for message in connection:
                if message[0] == SYNC and (reply := handle_sync_message(message[1:], self.doc)):
                    await connection.send(reply)

    async def type(self, seconds: float) -> None:
        """Type words until cancelled, with or without a connection.

        Args:
            seconds: the average time between two words.
        """
        while True:
            await asyncio.sleep(random.uniform(0.5, 1.5) * seconds)
            if not self.text and not self.typed and not len(self.doc.get("cells", type=Array)):
                continue  # the document hasn't arrived yet
            word = f"{self.name}.{len(self.typed)};"
            source = self.doc.get("cells", type=Array)[0]["source"]
            source += word
            self.typed.append(word)
