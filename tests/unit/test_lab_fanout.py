"""What goes out and when, without sockets; and whole rooms with random people in them."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import (
    Awareness,
    Doc,
    Text,
    create_awareness_message,
    create_sync_message,
    create_update_message,
    handle_sync_message,
    merge_updates,
)
from pycrdt.websocket import YRoom

from classroom.lab import awareness, fanout, frames, upstream
from classroom.lab.awareness import Entry
from classroom.lab.fanout import Fanout, Pace
from classroom.lab.frames import NO_PRESENCE, TOO_MUCH, Verdict
from classroom.lab.rooms import Broadcasting
from classroom.lab.sockets import RoomSocket
from tests import loops

DIRECT, TICKING = Pace(0.0, 0.0), Pace(0.010, 0.100)


def collect() -> Fanout:
    return Fanout(b"+".join)


def test_a_small_room_never_waits() -> None:
    assert fanout.pace(fanout.SMALL, cost=1.0) == DIRECT
    found = collect()
    for number in range(3):
        found.update(b"%d" % number)
        assert (found.due(DIRECT) or 0) <= 0
        assert found.flush(DIRECT, 0.0).update == b"%d" % number


def test_the_first_after_a_pause_goes_at_once_and_what_follows_is_merged() -> None:
    found = collect()
    found.update(b"a")
    assert found.flush(TICKING, 5.0).update == b"a"
    found.update(b"b")
    found.update(b"c")
    assert found.due(TICKING) == pytest.approx(5.010)
    assert found.flush(TICKING, 5.005) == fanout.NOTHING
    assert found.flush(TICKING, 5.010).update == b"b+c"
    assert found.due(TICKING) is None
    found.update(b"d")
    assert found.flush(TICKING, 6.0).update == b"d", "who types alone never waits"


def test_of_presence_only_the_last_word_counts() -> None:
    found = collect()
    found.presence([Entry(7, 1, b"{}"), Entry(8, 1, b"{}")])
    found.flush(TICKING, 5.0)
    found.presence([Entry(7, 2, b"{}")])
    found.presence([Entry(7, 3, b"{}")])
    assert found.due(TICKING) == pytest.approx(5.100)
    batch = found.flush(TICKING, 5.100)
    assert awareness.parse(batch.presence) == [Entry(7, 3, b"{}")]


def test_presence_rides_along_with_text() -> None:
    found = collect()
    found.presence([Entry(7, 1, b"{}")])
    found.flush(TICKING, 5.0)
    found.presence([Entry(7, 2, b"{}")])
    found.update(b"a")
    assert not found.flush(TICKING, 5.02).presence, "too early"
    found.update(b"b")
    assert found.flush(TICKING, 5.06).presence


@given(st.integers(0, 2000), st.integers(0, 2000), st.floats(0, 1))
def test_the_tick_grows_with_the_room_and_its_load(few: int, more: int, cost: float) -> None:
    few, more = sorted((few, more))
    assert fanout.pace(few, cost).text <= fanout.pace(more, cost).text <= 0.25
    assert fanout.pace(few, cost).presence <= fanout.pace(more, cost).presence <= 1.0
    assert fanout.pace(more, 0.0).text <= fanout.pace(more, cost).text


def unframe(frame: bytes) -> bytes:
    size = frame[1]
    assert frame[0] == 0x82
    if size < 126:
        payload = frame[2:]
    elif size == 126:
        (size,), payload = struct.unpack_from("!H", frame, 2), frame[4:]
    else:
        (size,), payload = struct.unpack_from("!Q", frame, 2), frame[10:]
    assert len(payload) == size
    return payload


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 70000])
def test_frames(size: int) -> None:
    assert unframe(frames.frame(b"x" * size)) == b"x" * size


def test_how_much_a_slow_reader_may_leave() -> None:
    assert frames.verdict(0, presence=True) is Verdict.SEND
    assert frames.verdict(NO_PRESENCE + 1, presence=True) is Verdict.SKIP
    assert frames.verdict(NO_PRESENCE + 1, presence=False) is Verdict.SEND
    assert frames.verdict(TOO_MUCH + 1, presence=False) is Verdict.CLOSE


def test_upstream_is_as_we_know_it() -> None:
    assert upstream.differences() == []


def test_an_upgrade_that_changes_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(upstream.EXPECTED, YRoom.serve, ("clients", "gone_in_six"))
    monkeypatch.setitem(upstream.SIGNATURES, YRoom.serve, ("self", "websocket"))
    with pytest.raises(upstream.ChangedError, match=r"no longer uses gone_in_six.*takes"):
        upstream.check()


class Page(RoomSocket):
    """A page's end of a socket, with a document of its own and a network between."""

    def __init__(self, room: Any, number: int) -> None:
        self.room = room
        self.path_ = "room"
        self.number = number
        self.doc: Doc[Any] = Doc(client_id=number + 1)
        self.text = self.doc.get("text", type=Text)
        self.presence_ = Awareness(self.doc)
        self.connected = False
        self._message_queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._serving: asyncio.Task[None] | None = None
        self.doc.observe(self._on_change)
        self._applying = False

    @property
    def path(self) -> str:
        return self.path_

    def _on_change(self, event: Any) -> None:
        if not self._applying:
            self.say(create_update_message(event.update))

    def say(self, message: bytes) -> None:
        if self.connected:
            if message[0] == awareness.AWARENESS and isinstance(self.room, Broadcasting):
                self.room.presence(message, self, first=False)
            else:
                self._message_queue.put_nowait(message)

    def connect(self) -> None:
        self.connected = True
        self._message_queue = asyncio.Queue()
        self._serving = asyncio.create_task(self.room.serve(self))
        self.say(create_sync_message(self.doc))

    async def disconnect(self) -> None:
        self.connected = False
        self._message_queue.put_nowait(b"")
        if self._serving is not None:
            await self._serving
        if isinstance(self.room, Broadcasting):
            self.room.leave(self, at_once=True)

    def write_frame(self, frame: bytes, *, presence: bool) -> None:
        del presence
        self.hear(unframe(frame))

    async def send(self, message: bytes) -> None:
        self.hear(message)

    def hear(self, message: bytes) -> None:
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
            self.presence_.apply_awareness_update(update, "remote")
            self.say(message)  # as JupyterLab's do


class ClassRoom(Broadcasting, YRoom):
    """Ours without files."""


STEPS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["type", "erase", "move", "leave", "come", "wait"]),
        st.integers(0, 9),
    ),
    max_size=40,
)


async def act(page: Page, action: str, place: int) -> None:
    """Do one thing, if it can be done now."""
    length = len(page.text)
    if action == "type":
        page.text.insert(min(place, length), f"{page.number}{place} ")
    elif action == "erase" and length:
        del page.text[min(place, length - 1)]
    elif action == "move" and page.connected:
        page.presence_.set_local_state({"cursor": place})
        found = page.presence_.encode_awareness_update([page.doc.client_id])
        page.say(create_awareness_message(found))
    elif action == "leave" and page.connected:
        await page.disconnect()
    elif action == "come" and not page.connected:
        page.connect()
    else:
        await asyncio.sleep(place / 2000)


async def opened(kind: type[Any]) -> tuple[Any, asyncio.Task[None]]:
    """Start a room of a kind."""
    room = kind()
    running = asyncio.create_task(room.start())
    await room.started.wait()
    if kind is YRoom:
        await room.ydoc_observed.wait()  # ours waits by itself
    return room, running


async def live(kind: type[Any], steps: list[tuple[int, str, int]], pace: Pace | None) -> str:
    """Let people act in a room of a kind; return the text that all of them end up with."""
    room, running = await opened(kind)
    if pace is not None:
        room._pace = lambda: pace
    pages = [Page(room, number) for number in range(4)]
    for page in pages:
        page.connect()
    for number, action, place in steps:
        await act(pages[number], action, place)
    for page in pages:
        await act(page, "come", 0)
    texts: set[str] = set()
    for _ in range(200):
        await asyncio.sleep(0.005)
        texts = {str(page.text) for page in pages} | {str(room.ydoc.get("text", type=Text))}
        if len(texts) == 1:
            break
    for page in pages:
        await page.disconnect()
    await room.stop()
    running.cancel()
    assert len(texts) == 1, texts
    return texts.pop()


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_everybody_ends_up_with_the_same_text(steps: list[tuple[int, str, int]]) -> None:
    """Whoever leaves and comes back, whatever is merged; and nothing typed is lost."""
    for pace in (None, TICKING):
        text = loops.run(live(ClassRoom, steps, pace))
        if not any(action == "erase" for _, action, _ in steps):
            typed = sorted(f"{n}{place}" for n, action, place in steps if action == "type")
            assert len("".join(text.split())) == len("".join(typed))


@settings(max_examples=20, deadline=None)
@given(STEPS.map(lambda steps: [step for step in steps if step[1] in {"type", "wait"}][:8]))
def test_one_after_the_other_it_is_the_text_of_a_stock_room(
    steps: list[tuple[int, str, int]],
) -> None:
    """With pauses in between there is only one right text: upstream's room has it too."""
    spaced = [part for step in steps for part in (step, (0, "wait", 30))]
    assert loops.run(live(ClassRoom, spaced, Pace(0.002, 0.1))) == loops.run(
        live(YRoom, spaced, None)
    )


async def presence_of(room: Any, page: Page) -> set[int]:
    await asyncio.sleep(0.05)
    return set(page.presence_.states) - {page.doc.client_id, room.awareness.client_id}


def test_who_comes_sees_who_is_there_and_who_leaves_is_gone() -> None:
    async def run() -> None:
        room, running = await opened(ClassRoom)
        ada, bob = Page(room, 0), Page(room, 1)
        ada.connect()
        ada.presence_.set_local_state({"user": "ada"})
        update = ada.presence_.encode_awareness_update([1])
        room.presence(create_awareness_message(update), ada, first=True)
        bob.connect()
        assert await presence_of(room, bob) == {1}, "told by the room, not by ada's next word"
        await ada.disconnect()
        assert await presence_of(room, bob) == set()
        await bob.disconnect()
        await room.stop()
        running.cancel()

    loops.run(run())


def test_a_state_that_cannot_be_read_ends_nothing() -> None:
    async def run() -> None:
        room, running = await opened(ClassRoom)
        page, other = Page(room, 0), Page(room, 1)
        page.connect()
        other.connect()
        for state in (b"{", b"[]", b"7", b"\xff", b'"x"'):
            room.presence(awareness.encode([Entry(5, 1, state)]), page, first=True)
        room.presence(b"\x01\xff\xff", page, first=False)
        assert await presence_of(room, other) == set()
        room.presence(awareness.encode([Entry(5, 2, b'{"a":1}')]), page, first=False)
        assert await presence_of(room, other) == {5}
        await page.disconnect()
        await other.disconnect()
        await room.stop()
        running.cancel()

    loops.run(run())


def test_merging_is_pycrdts() -> None:
    doc: Doc[Any] = Doc()
    updates: list[bytes] = []
    doc.observe(lambda event: updates.append(event.update))
    text = doc.get("text", type=Text)
    for letter in "abc":
        text += letter
    other: Doc[Any] = Doc()
    other.apply_update(merge_updates(*updates))
    assert str(other.get("text", type=Text)) == "abc"
