"""The socket of one page to one room: messages in, a document or a closed connection out."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

from pycrdt import Array, Doc, Map

from classroom.lab.admission import Admission
from classroom.lab.referee import ROOTS, Referee
from classroom.lab.sockets import RoomSocket
from classroom.lab.update_bounds import read_update
from tests import loops
from tests.updates import struct, text, update, values, write


class Socket(RoomSocket):
    """One without a connection: it notes what it would have told its page."""

    log: Any = logging.getLogger("test")

    def __init__(self, document: Doc[Any], who: str = "eve", chat: Any = None) -> None:
        observed = asyncio.Event()
        observed.set()
        self.room = SimpleNamespace(ydoc=document, ydoc_observed=observed)
        self._who, self._chat = {"username": who}, chat
        self._admission = Admission(document)
        self.closed: list[tuple[int, str]] = []
        self.ws_connection = None
        self._room_id = "text:chat:1"

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        self.closed.append((code or 0, reason or ""))

    def _refuse(self, why: str) -> None:
        self.closed.append((1003, why))

    async def say(self, message: bytes) -> None:
        """Take a message, and finish what it began."""
        if (waits := self.on_message(message)) is not None:
            await waits


class Chat:
    """A chat without upstream's class: what its referee lets through comes in."""

    def __init__(self) -> None:
        self.ydoc: Doc[Any] = Doc()
        for name in sorted(ROOTS - {"messages"}):
            self.ydoc[name] = Map()
        self.ydoc["messages"] = Array()

    def hear(self, update: bytes, who: str, *, repeats: bool = False) -> None:
        offer = Referee(self.ydoc.get_update()).judge(update, who, repeats=repeats)
        if offer.update:
            self.ydoc.apply_update(offer.update)


def test_a_chat_takes_what_was_judged_and_nothing_else() -> None:
    """A struct that begins with what is there already loses that part, and where it says it is."""

    async def main() -> None:
        chat = Chat()
        socket = Socket(chat.ydoc, chat=chat)
        page: Doc[Any] = Doc(client_id=9)
        messages = page.get("messages", type=Array)
        with page.transaction():
            said = {"id": "1", "body": "hi", "sender": "eve", "time": 1.0, "type": "msg"}
            messages.append(Map({**said, "raw_time": True}))
            messages[0]["mime_model"] = "x"
            del messages[0]["mime_model"]
        first = page.get_update()
        await socket.say(write(first))
        assert chat.ydoc["messages"][0]["body"] == "hi"
        last = read_update(first).structs[9][-1]
        html = b"\x76\x01" + text("text/html") + b"\x77" + text("<img>")
        content = values(b"\x77" + text("x"), html)
        body = update([struct(8, content, "users", "z")], 9, last.end - 1)
        await socket.say(b"\x00\x01" + text(body))
        assert "mime_model" not in chat.ydoc["messages"][0]
        assert not socket.closed

    loops.run(main())
