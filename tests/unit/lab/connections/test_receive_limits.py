"""The server's memory for people's sockets: plain values, and tornado's own sockets."""

from __future__ import annotations

import asyncio
import os
import socket as sockets
import struct
import time
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.httpserver import HTTPServer
from tornado.web import Application
from tornado.websocket import WebSocketHandler, WebSocketProtocol13

from classroom.lab.connections import receive_limits, receive_pace
from classroom.lab.connections.memory_budget import MemoryBudget
from classroom.lab.connections.receive_limits import PIECE_BYTES, ReceiveLimits
from classroom.lab.upstream import socket_patches
from tests import loops

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

MB = 1 << 20


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 60)), max_size=40))
def test_nobody_has_more_than_their_share_and_all_not_more_than_there_is(
    wanted: list[tuple[str, int]],
) -> None:
    budget = MemoryBudget(100, 250)
    taken = [(name, size) for name, size in wanted if budget.take(name, size)]
    for name in "abc":
        assert budget.held(name) == sum(size for whose, size in taken if whose == name) <= 100
    assert sum(size for _, size in taken) <= 250
    for name, size in taken:
        budget.give(name, size)
    assert not any(budget.held(name) for name in "abc")
    assert budget.take("a", 100)
    assert not budget.take("a", 1)


@pytest.fixture
def budget() -> Iterator[MemoryBudget]:
    """Limit all sockets of this process during a test."""
    own = {name: getattr(WebSocketProtocol13, name) for name in OWN}
    found = MemoryBudget(4 * MB, 6 * MB)
    bounded = ReceiveLimits(found)
    socket_patches.bound_sockets(lambda _: bounded)
    yield found
    for name, function in own.items():
        setattr(WebSocketProtocol13, name, function)


OWN = ("_read_bytes", "_receive_frame", "_write_frame")


SENT = 5
"""How often a page that doesn't read requests something."""


class Handler(WebSocketHandler):
    """Accepts any message, and sends what a page requests."""

    messages: list[bytes]
    done: ClassVar[Counter[str]] = Counter()
    """By name: the connections that sent `SENT` requests, or were closed before."""
    asked = 0

    def on_close(self) -> None:
        if self.asked < SENT:
            self.done[self.current_user.username] += 1

    def get_current_user(self) -> Any:
        return type("User", (), {"username": self.request.path.strip("/")})

    def open(self, *_: str, **__: str) -> None:
        self.messages = self.settings["messages"]

    def on_message(self, message: str | bytes) -> None:
        assert isinstance(message, bytes)
        if message.startswith(b"send"):
            self.asked += 1
            self.done[self.current_user.username] += self.asked == SENT
            self.write_message(bytes(2 * MB), binary=True).add_done_callback(socket_patches.heard)
        else:
            if message.startswith(b"busy"):
                begun = time.thread_time()
                while time.thread_time() - begun < 0.01:
                    pass
            self.messages.append(message)


@asynccontextmanager
async def served(budget: MemoryBudget) -> AsyncIterator[Any]:
    """Run a server; yield a function that connects as a person, and the received messages."""
    del budget
    messages: list[bytes] = []
    Handler.done.clear()
    application = Application(
        [("/.*", Handler)], messages=messages, websocket_max_message_size=64 * MB
    )
    server = HTTPServer(application)
    listening = sockets.create_server(("127.0.0.1", 0))
    listening.setblocking(False)  # noqa: FBT003 (socket's)
    server.add_sockets([listening])
    writers = []

    async def connect(name: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        head = f"GET /{name} HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        head += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        writer.write(head.encode())
        await reader.readuntil(b"\r\n\r\n")
        writers.append(writer)
        return reader, writer

    yield connect, messages
    for writer in writers:
        writer.close()
    server.stop()


def frame(size: int, sent: int | None = None, head: int = 0x82) -> bytes:
    """Return a frame, or only the part of it that is sent."""
    body = os.urandom(1) * (size if sent is None else sent)
    return struct.pack("!BBQI", head, 0x80 | 127, size, 0) + body


async def is_cut(reader: asyncio.StreamReader) -> bool:
    """Say whether a connection is closed soon, after all that was received."""
    try:
        async with asyncio.timeout(5):
            await reader.read()
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


def test_what_people_have_begun_to_send_counts_together(budget: MemoryBudget) -> None:
    async def run() -> None:
        async with served(budget) as (connect, messages):
            _, whole = await connect("ada")
            for size in (10, PIECE_BYTES, 3 * MB):
                whole.write(frame(size))
            await loops.until(lambda: len(messages) == 3)
            assert [len(one) for one in messages] == [10, PIECE_BYTES, 3 * MB]
            assert budget.held("ada") == 0
            # Send on several sockets, in one frame or in parts.
            (_, first), (reader, second), (other, third) = [
                await connect("mallory") for _ in range(3)
            ]
            first.write(frame(60 * MB, 2 * MB))
            await loops.until(lambda: budget.held("mallory") >= 2 * MB - PIECE_BYTES)
            for _ in range(40):
                second.write(frame(MB // 10, head=0x02 if not _ else 0x00))
            assert await is_cut(reader)
            third.write(frame(60 * MB, 3 * MB))
            assert await is_cut(other)
            assert budget.held("mallory") <= 4 * MB
            whole.write(frame(3 * MB))
            await loops.until(lambda: len(messages) == 4)
            first.close()
            await loops.until(lambda: not budget.held("mallory"))

    loops.run(run())


def test_what_one_person_sends_over_many_sockets_is_read_in_turn_and_later(
    budget: MemoryBudget, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise all data on each of the sockets would be read before anybody else's."""
    busy = struct.pack("!BBI", 0x82, 0x80 | 4, 0) + b"busy"
    word = struct.pack("!BBI", 0x82, 0x80 | 4, 0) + b"word"

    async def run() -> None:
        async with served(budget) as (connect, messages):
            (_, ada), *mallorys = [await connect(name) for name in ("ada", *["mallory"] * 3)]
            begun = time.monotonic()
            for _, writer in mallorys:
                writer.write(busy * 10)
            await loops.until(lambda: len(messages) > 5)
            ada.write(word)
            await loops.until(lambda: len(messages) == 31)
            assert messages.index(b"word") < 30
            # Of 0.3 s of work, 0.1 s is done at once.
            assert time.monotonic() - begun > 1

    monkeypatch.setattr(receive_pace, "AHEAD_SECONDS", 0.1)
    loops.run(run())


def test_a_message_that_never_ends_is_waited_for_only_so_long(
    budget: MemoryBudget, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with served(budget) as (connect, _):
            reader, writer = await connect("mallory")
            writer.write(frame(3 * MB, MB))
            assert await is_cut(reader)
            await loops.until(lambda: not budget.held("mallory"))

    monkeypatch.setattr(receive_limits, "SECONDS", 0.2)
    loops.run(run())


def test_what_peoples_pages_do_not_read_counts_together(budget: MemoryBudget) -> None:
    async def run() -> None:
        async with served(budget) as (connect, _):
            pages = [await connect("mallory") for _ in range(6)]
            for _, writer in pages:
                for _ in range(SENT):
                    writer.write(frame(4)[:-4] + b"send")
            await loops.until(lambda: Handler.done["mallory"] == len(pages))
            assert budget.held("mallory") <= 4 * MB
            reader, ada = await connect("ada")
            ada.write(frame(4)[:-4] + b"send")
            assert len(await reader.readexactly(2 * MB)) == 2 * MB
            for _, writer in pages:
                writer.close()
            await loops.until(lambda: not budget.held("mallory"))

    loops.run(run())
