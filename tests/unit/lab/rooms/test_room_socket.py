"""The socket of one page to one room: messages in, a document or a closed connection out."""

from __future__ import annotations

import asyncio
import logging
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from pycrdt import Array, Doc, Map, Text

from classroom.lab.chat import room_hooks
from classroom.lab.chat.validator import ROOTS, Referee
from classroom.lab.connections import cpu_budget
from classroom.lab.connections.cpu_budget import CpuBudget
from classroom.lab.permissions import view_only
from classroom.lab.protocol import awareness, messages
from classroom.lab.protocol.awareness import Entry
from classroom.lab.protocol.update_bounds import read_update
from classroom.lab.rooms import disconnection, room_socket, sync_answers
from classroom.lab.rooms.hooks import Hooks
from classroom.lab.rooms.room_socket import RoomSocket
from classroom.lab.rooms.sync_record import SyncRecord
from classroom.lab.rooms.update_admission import Admission
from classroom.lab.storage import document_indexes
from tests import contexts, loops
from tests.updates import ident, struct, text, update, values, write

if TYPE_CHECKING:
    from classroom.lab.context import LabContext


class Room:
    """The part of a room that a socket uses."""

    def __init__(self, document: Doc[Any], observed: asyncio.Event, chat: Any = None) -> None:
        self.ydoc, self.ydoc_observed, self.document = document, observed, chat


class Socket(RoomSocket):
    """A socket without a connection, which records what it would have sent to its page."""

    log: Any = logging.getLogger("test")

    def __init__(
        self, document: Doc[Any], who: str = "eve", chat: Any = None, lab: Any = None
    ) -> None:
        lab = lab or contexts.make()
        self.join(lab.services())
        observed = asyncio.Event()
        observed.set()
        self.room = Room(document, observed, chat)
        self.identity = {"username": who}
        of_rooms = Hooks()
        room_hooks.use(of_rooms, is_on=True)
        view_only.use(of_rooms, lab.modes)
        self.hooks = of_rooms.of("text:file:1" if chat is None else "text:chat:1")
        self.record = SyncRecord()
        self.admission = Admission(document)
        self.sent: list[bytes] = []
        self.tasks: list[Any] = []
        self.closed: list[tuple[int, str]] = []
        self.ws_connection: Any = SimpleNamespace(stream=None)
        self._message_queue: asyncio.Queue[Any] = asyncio.Queue()
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
        """Handle a message, and wait for the work that it starts."""
        if (waits := self.on_message(message)) is not None:
            await waits


class Chat:
    """A chat without upstream's class: it applies what its referee admits."""

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
    """A struct that begins with known content loses that part, and with it its claimed place."""

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
    """Pass messages on as a room does."""
    async for message in socket:
        raise AssertionError(message)


@pytest.fixture
def lab() -> LabContext:
    """The state of a lab where nobody has used any CPU time yet."""
    return contexts.make()


def test_who_takes_too_much_is_sent_away_and_may_come_back(
    lab: LabContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(lab.notifications, "tell", lambda _, sentence: said.append(sentence))

    async def main() -> None:
        lab.cpu.add("eve", 6, time.monotonic())
        for message in (question(), typed("x"), typed("x" * room_socket.LONG_BYTES)):
            socket = Socket(Doc(), lab=lab)
            await socket.say(message)
            assert [code for code, _ in socket.closed] == [1013]
            assert not socket.sent
            await socket.say(message)
            assert len(socket.closed) == 1, "it isn't heard any more"
        assert said == [disconnection.TOO_MUCH], "once"
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
        for _ in range(sync_answers.MOST_QUESTIONS):
            await socket.say(question())
        assert [code for code, _ in socket.closed] == [1013]
        serving.cancel()

    loops.run(main())


def test_questions_of_all_of_a_persons_pages_are_answered_in_turn(lab: LabContext) -> None:
    """Otherwise each page would get a share of the time, and one person may have many pages."""

    async def main() -> None:
        document: Doc[Any] = Doc()
        document.get("t", type=Text).insert(0, "x" * 20_000_000)
        mine = [Socket(document, lab=lab) for _ in range(5)]
        other = Socket(document, "ada", lab=lab)
        serving = [asyncio.create_task(serve(socket)) for socket in (*mine, other)]
        for socket in (*mine, other):
            await socket.say(question())
        for _ in range(3):
            await asyncio.sleep(0)
        assert sum(len(socket.sent) for socket in mine) == 1
        assert len(other.sent) == 1
        for task in serving:
            task.cancel()

    loops.run(main())


def test_presence_is_paid_for_and_who_has_taken_too_much_is_sent_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab = contexts.make(cpu=CpuBudget(forgotten=0))
    monkeypatch.setattr(lab.notifications, "tell", lambda *_: None)
    message = awareness.encode([Entry(1, 1, b"{}")])

    async def main() -> None:
        heard: list[Any] = []

        def hear(*_: Any, **__: Any) -> None:
            heard.append(1)
            begun = time.thread_time()
            while time.thread_time() - begun < 0.01:
                pass

        found = [Socket(Doc(), lab=lab) for _ in range(2)]
        for socket in found:
            socket._presence = hear
            socket.room.has_heard = lambda _: False
            await socket.say(message)
        assert lab.cpu.of("eve", time.monotonic()) > 0.015, "of all their pages"
        lab.cpu.add("eve", 5, time.monotonic())
        await found[0].say(message)
        assert len(heard) == 2
        assert [code for code, _ in found[0].closed] == [1013]

    loops.run(main())


def test_reading_a_long_message_is_paid_for_one_at_a_time(
    lab: LabContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the messages of a person with many sockets would all be read at once."""
    reading: list[int] = []
    most: list[int] = []
    original = messages.parse

    def slow(body: bytes) -> Any:
        reading.append(1)
        most.append(len(reading))
        begun = time.thread_time()
        while time.thread_time() - begun < 0.05:
            pass
        reading.pop()
        return original(body)

    monkeypatch.setattr(messages, "parse", slow)
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
    """In a fork, for example, which upstream makes, it is read in a thread, and nothing is lost."""

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
    """The lab recognizes a client by its id, anywhere in the message."""

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


def test_presence_is_read_once_and_what_cannot_be_read_ends_nothing() -> None:
    """Only a message that is too long, and no echo, closes the connection: no page sends one."""

    async def main() -> None:
        socket = Socket(Doc())
        heard: list[Any] = []
        echo = awareness.encode([Entry(8, 3, b"{}")])
        socket.room.has_heard = lambda raw: raw == echo
        socket._presence = lambda message, *_, first: heard.append((message.entries, first))
        for unreadable in (b"\x01", b"\x01\xff\xff", b"\x01" + text(b"\x01\x05\x01")):
            await socket.say(unreadable)
        assert not heard
        mine = [Entry(7, 1, b"{}")]
        await socket.say(awareness.encode(mine))
        await socket.say(echo)
        await socket.say(awareness.encode(mine))
        assert heard == [(mine, True), (mine, False)]
        assert socket.clients == {7}
        await socket.say(awareness.encode([Entry(n, 1, b"x" * 60_000) for n in range(5)]))
        assert len(heard) == 2
        assert not socket.closed
        await socket.say(awareness.encode([Entry(7, 1, b"x" * 300_000)]))
        assert [code for code, _ in socket.closed] == [1003]

    loops.run(main())


@pytest.mark.parametrize("wrong", [b"", "", "text", b"\x00", b"\x00\x07\x00", b"\x02\x04save"])
def test_what_is_no_message_ends_its_senders_connection(wrong: Any) -> None:
    async def main() -> None:
        socket = Socket(Doc())
        await socket.say(wrong)
        assert [code for code, _ in socket.closed] == [1003]
        other = Socket(Doc())
        await other.say(b"\x09\x01\x02")
        assert not other.closed, "of a type that nobody knows"
        assert other._message_queue.empty()

    loops.run(main())


def test_a_request_to_save_that_a_hook_stops_is_answered() -> None:
    async def main() -> None:
        chat = Chat()
        socket = Socket(chat.ydoc, chat=chat)
        await socket.say(b"\x02\x04save\x09")
        (sent,) = socket.sent
        assert b'"responseTo": 9' in sent
        assert b'"success"' in sent

    loops.run(main())


def test_a_page_that_fails_to_come_back_again_and_again_is_told(
    lab: LabContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(lab.notifications, "tell", lambda _, sentence: said.append(sentence))

    async def main() -> None:
        chat = Chat()
        record = SyncRecord()
        for number in range(disconnection.MOST_RETURNS):
            assert not said, number
            socket = Socket(chat.ydoc, chat=chat, lab=lab)
            socket.record = record
            await document_indexes.prepare(chat.ydoc)
            await socket.say(write(update([struct(4, text("x"), origin=(77, 3))], 5)))
            assert [code for code, _ in socket.closed] == [1013]
        assert said == [disconnection.IN_VAIN]

    loops.run(main())
