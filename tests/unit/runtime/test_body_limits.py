"""How large a request's body may be, on a real tornado server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tornado import web
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders
from tornado.testing import bind_unused_port

from classroom.runtime import body_limits
from classroom.runtime.body_limits import FILE_BYTES, GET_BYTES, LARGE_BYTES, MB, PIECE_BYTES

FILES = "/services/classroom/api/contents/a.txt"


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [
        ("GET", FILES, GET_BYTES),
        ("HEAD", FILES, GET_BYTES),
        ("PUT", FILES, FILE_BYTES),
        ("PATCH", FILES, FILE_BYTES),
        ("POST", "/services/classroom/api/sessions", PIECE_BYTES),
        ("PUT", "/services/classroom/lab/api/workspaces/x", PIECE_BYTES),
    ],
)
def test_what_the_lab_takes(method: str, path: str, most: int) -> None:
    assert body_limits.of_lab(method, path) == most


def test_the_hub_takes_forms() -> None:
    assert body_limits.of_hub("POST", "/hub/login") == 64 * body_limits.KB


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({}, 0),
        ({"Content-Length": "7"}, 7),
        ({"Content-Length": str(1 << 60)}, 100),
        ({"Content-Length": "x"}, 100),
        ({"Content-Length": "-1"}, 100),
        ({"Transfer-Encoding": "chunked"}, 100),
    ],
)
def test_a_size_that_is_not_said_is_the_largest(headers: dict[str, str], found: int) -> None:
    assert body_limits.size(HTTPHeaders(headers), 100) == found


def test_large_bodies_wait_for_their_turn() -> None:
    async def go() -> None:
        turns = body_limits.BodyQueue(10)
        await turns.take(6)
        large = asyncio.ensure_future(turns.take(6))
        small = asyncio.ensure_future(turns.take(1))
        await asyncio.sleep(0)
        assert not large.done()
        assert not small.done(), "first come, first served: else the large one never gets its turn"
        turns.give(6)
        await asyncio.wait_for(asyncio.gather(large, small), 5)
        turns.give(7)
        await asyncio.wait_for(turns.take(10), 5)

    asyncio.run(go())


def test_who_gives_up_waiting_takes_no_room() -> None:
    async def go() -> None:
        turns = body_limits.BodyQueue(10)
        await turns.take(10)
        waiting = asyncio.ensure_future(turns.take(10))
        await asyncio.sleep(0)
        waiting.cancel()
        turns.give(10)
        await asyncio.wait_for(turns.take(10), 5)

    asyncio.run(go())


class Taking(web.RequestHandler):
    """Answers with the number of received bytes."""

    def put(self) -> None:
        self.finish(str(len(self.request.body)))

    get = post = put


async def ask(head: str, parts: list[bytes], **more: Any) -> bytes:
    """Send a request to a limited server; return what it sent until it closed or answered."""
    application = web.Application([(".*", Taking)])
    body_limits.bound(application, body_limits.of_lab, more.get("turns"))
    server = HTTPServer(
        application, max_body_size=FILE_BYTES, max_buffer_size=body_limits.BUFFER_BYTES
    )
    socket, port = bind_unused_port()
    server.add_socket(socket)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"{head}\r\nHost: x\r\n\r\n".encode())
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await asyncio.wait_for(reader.read(4000), 20)
    finally:
        writer.close()
        server.stop()


CHUNK = b"10000\r\n" + b"0" * 65536 + b"\r\n"


@pytest.mark.parametrize(
    ("head", "parts"),
    [
        (f"GET {FILES} HTTP/1.1\r\nContent-Length: 70000", []),
        (f"GET {FILES} HTTP/1.1\r\nTransfer-Encoding: chunked", [CHUNK, CHUNK]),
        (f"PUT {FILES} HTTP/1.1\r\nContent-Length: {FILE_BYTES + 1}", []),
        (f"POST /services/classroom/x HTTP/1.1\r\nContent-Length: {PIECE_BYTES + 1}", []),
        ("POST /services/classroom/x HTTP/1.1\r\nTransfer-Encoding: chunked", [CHUNK] * 17),
    ],
)
def test_too_much_is_refused_before_it_is_read(head: str, parts: list[bytes]) -> None:
    try:
        answer = asyncio.run(ask(head, parts))
    except ConnectionError:
        return  # the server closed the connection while we were still sending
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")


def test_what_fits_arrives_and_a_packed_body_stays_packed() -> None:
    turns = body_limits.BodyQueue(FILE_BYTES)
    size = LARGE_BYTES + MB
    for _ in range(3):  # each one gives its space back
        head = f"PUT {FILES} HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: {size}"
        answer = asyncio.run(ask(head, [b"\x1f\x8b" + b"0" * (size - 2)], turns=turns))
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(str(size).encode())
    assert turns._left == FILE_BYTES
