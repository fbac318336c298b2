"""The name in the first TLS message, for messages from OpenSSL and for arbitrary bytes."""

from __future__ import annotations

import asyncio
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.tunnel import hello
from classroom.tunnel.hello import NotTlsError
from tests import loops


def client_hello(name: str | None) -> bytes:
    """Return a ClientHello that OpenSSL has written."""
    context = ssl.create_default_context()
    context.check_hostname = False
    written = ssl.MemoryBIO()
    connection = context.wrap_bio(ssl.MemoryBIO(), written, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return written.read()


def in_records(data: bytes, size: int) -> bytes:
    """Cut the message into records of a given size."""
    body = data[5:]
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(data[:3] + len(piece).to_bytes(2) + piece for piece in pieces)


async def read(data: bytes, *, allowed: str) -> tuple[str, bytes]:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return await hello.read(reader, lambda name: name == allowed)


@pytest.mark.parametrize("size", [1, 7, 100, 5000])
def test_the_name_is_read_however_the_message_is_cut(size: int) -> None:
    sent = in_records(client_hello("Data.example.org"), size) + b"more"
    name, said = loops.run(read(sent, allowed="data.example.org"))
    assert name == "data.example.org"
    assert said == sent, "all of it goes on"


@pytest.mark.parametrize("name", [None, "other.example.org"])
def test_another_name_or_none_goes_nowhere(name: str | None) -> None:
    with pytest.raises(NotTlsError):
        loops.run(read(client_hello(name), allowed="data.example.org"))


@pytest.mark.parametrize(
    "data",
    [b"", b"GET / HTTP/1.1\r\n\r\n", client_hello("a.b")[:40], b"\x16"],
    ids=["nothing", "http", "cut", "one byte"],
)
def test_what_is_no_first_message_goes_nowhere(data: bytes) -> None:
    with pytest.raises(NotTlsError):
        loops.run(read(data, allowed="a.b"))


@given(st.binary(max_size=300), st.integers(0, 400), st.binary(max_size=8))
def test_no_bytes_stop_it(tail: bytes, at: int, piece: bytes) -> None:
    """A student decides what these bytes are."""
    message = client_hello("data.example.org")
    for data in (tail, message[:at] + piece + message[at + len(piece) :]):
        try:
            name, said = loops.run(read(data, allowed="data.example.org"))
        except NotTlsError:
            continue
        assert (name, said) == ("data.example.org", data)


def with_name(name: bytes) -> bytes:
    """Replace the name in OpenSSL's message by another one of the same length."""
    before = b"x" * len(name)
    return client_hello(before.decode()).replace(before, name)


@pytest.mark.parametrize(
    "name", [b"a.b:22 HTTP/1.1\r\nx.wild.test", b"10.0.0.1/x.wild.test", b"-.wild.test", b"a..b"]
)
def test_a_name_that_is_more_than_a_name_goes_nowhere(name: bytes) -> None:
    """The name becomes a line of the request to the proxy, so only a plain name is accepted."""
    reader = asyncio.StreamReader
    assert name in with_name(name)

    async def ask() -> None:
        made = reader()
        made.feed_data(with_name(name))
        await hello.read(made, lambda _: True)

    with pytest.raises(NotTlsError):
        loops.run(ask())
