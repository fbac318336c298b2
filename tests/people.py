"""People in a room, without a network: our real sockets on a stand-in for TCP."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from pycrdt import (
    Awareness,
    Doc,
    Text,
    create_sync_message,
    create_update_message,
    handle_sync_message,
)

from benchmarks.rooms import wire
from classroom.lab.protocol import awareness, messages
from classroom.lab.protocol.messages import AwarenessUpdate
from classroom.lab.rooms.broadcast_mixin import Broadcasting
from classroom.lab.rooms.room_socket import RoomSocket
from classroom.lab.rooms.sync_record import SyncRecord
from tests import contexts

if TYPE_CHECKING:
    from classroom.lab.services import Services

QUESTION = bytes([messages.SYNC, messages.STEP_1])


def who(name: str) -> dict[str, Any]:
    """Return what the server knows of a user and shows to the others."""
    known = {"username": name, "name": name, "display_name": name.title(), "color": "#123456"}
    return {**known, "initials": name[:1].upper(), "avatar_url": None}


def read(message: bytes) -> AwarenessUpdate:
    """Parse an awareness message as a socket does."""
    found = messages.parse(message)
    assert isinstance(found, AwarenessUpdate)
    return found


class Stream:
    """The bytes that a page hasn't read yet, buffered as in tornado."""

    def __init__(self, page: Page) -> None:
        self._write_buffer = bytearray()
        self._page = page
        self._untaken: list[asyncio.Future[None]] = []
        self.closed = False

    @property
    def stream(self) -> Stream:
        return self

    def is_closing(self) -> bool:
        return self.closed

    def write(self, data: bytes) -> asyncio.Future[None]:
        self._write_buffer += data
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._untaken.append(done)
        if not self._page.stalled:
            self.read()
        return done

    def read(self) -> None:
        """Let the page read what has arrived."""
        while found := wire.take_frame(self._write_buffer, 0):
            _, message, end = found
            del self._write_buffer[:end]
            self._page.hear(message)
        self._taken()

    def _taken(self) -> None:
        while self._untaken:
            self._untaken.pop().set_result(None)

    def close(self) -> None:
        self.closed = True
        self._taken()
        self._page.let_go()


class Page(RoomSocket):
    """A page's end of a socket, with its own document and a network in between."""

    log = logging.getLogger("people")
    current_user = "somebody"
    path = "room"

    def __init__(self, room: Any, number: int, lab: Services | None = None) -> None:
        self.join(lab or contexts.make().services())
        self.room = room
        self.number = number
        self.name = f"student{number}"
        self.identity = who(self.name)
        self.record = SyncRecord()
        self.doc: Doc[Any] = Doc(client_id=number + 1)
        self.text = self.doc.get("text", type=Text)
        self.awareness = Awareness(self.doc)
        self.connected = self.stalled = False
        self.times_let_go = 0
        self.ws_connection: Any = None
        self._message_queue: asyncio.Queue[Any] = asyncio.Queue()
        self._serving: asyncio.Task[None] | None = None
        self._applying = False
        self.doc.observe(self._on_change)

    def _on_change(self, event: Any) -> None:
        if not self._applying:
            self.say(create_update_message(event.update))

    def say(self, message: bytes) -> None:
        """Send a message, if the page is connected."""
        if self.connected:
            if message[0] == awareness.AWARENESS and isinstance(self.room, Broadcasting):
                self.room.presence(read(message), self, who(self.name), first=False)
            elif message[:2] == QUESTION and isinstance(self.room, Broadcasting):
                self._message_queue.put_nowait(messages.parse(message))
            else:
                self._message_queue.put_nowait(message)

    def connect(self) -> None:
        """Connect or reconnect."""
        self.connected = True
        self.ws_connection = Stream(self)
        self._message_queue = asyncio.Queue()
        self._serving = asyncio.create_task(self.room.serve(self))
        self.say(create_sync_message(self.doc))

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Accept the close by the server, with its code and reason, and ignore both."""
        del code, reason

    def let_go(self) -> None:
        """Drop the connection, as the server does with a page that doesn't keep up."""
        self.connected = False
        self.times_let_go += 1
        self._message_queue.put_nowait(b"")

    def take_all(self) -> None:
        """Read all that has arrived, and don't stall any more."""
        self.stalled = False
        if self.connected:
            self.ws_connection.read()

    async def disconnect(self) -> None:
        """Disconnect, and leave the room."""
        self.connected = False
        self._message_queue.put_nowait(b"")
        if self._serving is not None:
            await self._serving
        if isinstance(self.room, Broadcasting):
            self.room.leave(self, at_once=True)

    def hear(self, message: bytes) -> None:
        """Receive a message from the room."""
        if not self.connected:
            return
        if message[0] == 0:
            self._applying = True
            try:
                reply = handle_sync_message(message[1:], self.doc)
            finally:
                self._applying = False
            if reply is not None:
                self.say(reply)
        else:
            update = awareness.encode_update(awareness.parse(message))
            self.awareness.apply_awareness_update(update, "remote")
            self.say(message)  # as JupyterLab's pages do
