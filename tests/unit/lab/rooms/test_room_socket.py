"""The socket of one page to one room: messages in, a document or a closed connection out."""

from __future__ import annotations

import asyncio
import logging
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from pycrdt import Array, Doc, Map, Text

from classroom.lab.chat.setup import Chats
from classroom.lab.chat.validator import ROOTS, Referee
from classroom.lab.connections import cpu_budget
from classroom.lab.protocol import update_bounds
from classroom.lab.protocol.update_bounds import read_update
from classroom.lab.rooms import room_socket, update_admission
from classroom.lab.rooms.room_socket import RoomSocket
from classroom.lab.rooms.update_admission import Admission
from classroom.lab.storage import document_indexes
from tests import contexts, loops
from tests.updates import ident, struct, text, update, values, write

if TYPE_CHECKING:
    from classroom.lab.context import LabContext


class Room:
    """What a socket knows of its room."""

    def __init__(self, document: Doc[Any], observed: asyncio.Event, chat: Any = None) -> None:
        self.ydoc, self.ydoc_observed, self.document = document, observed, chat


class Socket(RoomSocket):
    """One without a connection: it notes what it would have told its page."""

    log: Any = logging.getLogger("test")

    def __init__(
        self, document: Doc[Any], who: str = "eve", chat: Any = None, lab: Any = None
    ) -> None:
        self.join((lab or contexts.make()).services())
        observed = asyncio.Event()
        observed.set()
        self.room = Room(document, observed, chat)
        self._who = {"username": who}
        self._kind = None if chat is None else Chats(is_on=True)
        self._admission = Admission(document)
        self.sent: list[bytes] = []
        self.tasks: list[Any] = []
        self.closed: list[tuple[int, str]] = []
        self.ws_connection: Any = SimpleNamespace(stream=None)
        self._message_queue: asyncio.Queue[Any] = asyncio.Queue()
        self._websocket_server = SimpleNamespace(ypatch_nb=0)
        self._room_id = "text:chat:1"

    def write_frame(self, frame: bytes, *, presence: bool) -> None:  # noqa: ARG002 (upstream's)
        self.sent.append(frame)

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        self.closed.append((code or 0, reason or ""))

    def create_task(self, aw: Any) -> None:
        self.tasks.append(asyncio.ensure_future(aw))

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


def typed(text_: str, client: int = 5) -> bytes:
    return write(update([struct(4, text(text_), "t")], client))


def question() -> bytes:
    return b"\x00\x00" + text(b"\x00")


async def serve(socket: Socket) -> None:
    """Hand messages on as a room does."""
    async for message in socket:
        raise AssertionError(message)


@pytest.fixture
def lab() -> LabContext:
    """Nobody has taken any time yet."""
    return contexts.make()


def test_who_takes_too_much_is_sent_away_and_may_come_back(
    lab: LabContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(lab.notifications, "tell", lambda _, sentence: said.append(sentence))

    async def main() -> None:
        lab.cpu.add("eve", 6, time.monotonic())
        for message in (question(), typed("x"), typed("x" * update_admission.LONG)):
            socket = Socket(Doc(), lab=lab)
            await socket.say(message)
            assert [code for code, _ in socket.closed] == [1013]
            assert not socket.sent
            await socket.say(message)
            assert len(socket.closed) == 1, "it isn't heard any more"
        assert said == [room_socket.TOO_MUCH], "once"
        other = Socket(Doc(), "ada", lab=lab)
        await other.say(typed("x"))
        assert str(other.room.ydoc.get("t", type=Text)) == "x"
        assert not other.closed

    loops.run(main())


def test_questions_are_paid_for_and_answered_in_turn(lab: LabContext) -> None:
    async def main() -> None:
        document: Doc[Any] = Doc()
        document.get("t", type=Text).insert(0, "x" * 20_000_000)
        socket = Socket(document, lab=lab)
        serving = asyncio.create_task(serve(socket))
        for _ in range(10):
            await socket.say(question())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(socket.sent) == 1, "then the others have their turn"
        assert len(socket.sent[0]) > 20_000_000
        assert lab.cpu.of("eve", time.monotonic()) > 0
        for _ in range(room_socket.MOST_QUESTIONS):
            await socket.say(question())
        assert [code for code, _ in socket.closed] == [1013]
        serving.cancel()

    loops.run(main())


def test_reading_a_long_message_is_paid_for_one_at_a_time(
    lab: LabContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has as many sockets as they like would have all of them read at once, for nothing."""
    reading: list[int] = []
    most: list[int] = []
    original = update_bounds.read_update

    def slow(body: bytes) -> Any:
        reading.append(1)
        most.append(len(reading))
        begun = time.thread_time()
        while time.thread_time() - begun < 0.05:
            pass
        reading.pop()
        return original(body)

    monkeypatch.setattr(cpu_budget, "read_update", slow)
    monkeypatch.setattr(cpu_budget, "PATIENCE_SECONDS", 0.2)

    async def main() -> None:
        found = [Socket(Doc(), lab=lab) for _ in range(40)]
        await asyncio.gather(*(socket.say(typed("x" * 100_000)) for socket in found))
        assert 3 < len(most) < 10, "then it isn't read any more"
        assert set(most) == {1}
        assert [code for code, _ in found[-1].closed] == [1013]
        assert lab.cpu.is_too_much("eve", time.monotonic())
        await Socket(Doc(), "ada", lab=lab).say(typed("x" * 100_000))

    loops.run(main())


def test_what_comes_before_the_index_is_made_waits_for_it() -> None:
    """As in a fork, which upstream makes: it is read beside the loop, and nothing is lost."""

    async def main() -> None:
        document: Doc[Any] = Doc()
        document.get("t", type=Text).insert(0, "there. ")
        socket = Socket(document)
        assert not document_indexes.of(document).is_prepared
        body = update([struct(4, text("x"), origin=(document.client_id, 6))], 5)
        await socket.say(write(body))
        assert str(document.get("t", type=Text)) == "there. x"
        assert document_indexes.of(document).is_prepared
        assert not socket.closed

    loops.run(main())


def test_a_copy_of_which_something_was_dropped_hides_behind_nobody() -> None:
    """It is told by its id, wherever in the message that is."""

    async def main() -> None:
        document: Doc[Any] = Doc()
        lab = contexts.make()
        socket = Socket(document, lab=lab)
        lab.modes.outdated.add("eve", [7])
        both = b"\x02" + b"".join(
            b"\x01" + ident((client, 0)) + struct(4, text("x"), "t") for client in (8, 7)
        )
        await socket.say(write(both + b"\x00"))
        assert str(document.get("t", type=Text)) == ""
        await socket.say(typed("x", 9))
        assert str(document.get("t", type=Text)) == "x"

    loops.run(main())
