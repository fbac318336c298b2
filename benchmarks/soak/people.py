"""People who type, lose their connection, and come back by themselves, as pages do."""

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
    """Where a document is, as somebody sees it.

    Attributes:
        address: wss:, with path and query.
        headers: with the cookies of who looks at it.
        where: returns address and port of the lab as it is now.
    """

    address: str
    headers: dict[str, str]
    where: Callable[[], tuple[str, int]]

    def connect(self, **more: Any) -> connect:
        """Connect to the document, where the lab is now.

        Args:
            **more: for ``websockets``, such as how long that may take.
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
    """Return a notebook's first cell's source, "" before there is one."""
    cells = doc.get("cells", type=Array)
    return str(cells[0]["source"]) if len(cells) else ""


@contextlib.asynccontextmanager
async def telling(connection: Any, doc: Doc[Any]) -> AsyncIterator[None]:
    """Send the others what is typed into a document, for as long as the connection is used.

    Args:
        connection: to the document's room.
        doc: somebody's copy.
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
    """Somebody with one document open.

    Attributes:
        name: theirs.
        place: where the document is.
        doc: their copy.
        typed: everything that they have typed, a word each.
        seen: words of others that have come to them: the lab has told them.
        lost: how often they had to connect again, by why the connection ended or didn't begin.
        is_here: whether they are connected.
        cut: how often a connection that they had has ended.
    """

    name: str
    place: Place
    doc: Doc[Any] = field(default_factory=Doc)
    typed: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    lost: Counter[str] = field(default_factory=Counter)
    is_here: bool = False
    cut: int = 0

    @property
    def text(self) -> str:
        """The first cell's source, "" before there is one."""
        return text_of(self.doc)

    async def stay(self) -> None:
        """Be there until cancelled; come back whenever the connection ends."""
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
        """Tell what is typed, and hear what others type."""
        await connection.send(create_sync_message(self.doc))
        async with telling(connection, self.doc):
            async for message in connection:
                if message[0] == SYNC and (reply := handle_sync_message(message[1:], self.doc)):
                    await connection.send(reply)

    async def type(self, seconds: float) -> None:
        """Type a word now and then until cancelled, connected or not.

        Args:
            seconds: between two words, on average.
        """
        while True:
            await asyncio.sleep(random.uniform(0.5, 1.5) * seconds)
            if not self.text and not self.typed and not len(self.doc.get("cells", type=Array)):
                continue  # not there yet for the first time
            word = f"{self.name}.{len(self.typed)};"
            source = self.doc.get("cells", type=Array)[0]["source"]
            source += word
            self.typed.append(word)
