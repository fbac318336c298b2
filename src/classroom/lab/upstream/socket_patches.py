"""What ours change or reach into of tornado's WebSockets and streams, each in a function.

That tornado is as they need it is checked at start: `classroom.lab.upstream.contract`.
"""

from __future__ import annotations

from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Protocol

from tornado.iostream import BaseIOStream, IOStream
from tornado.websocket import WebSocketHandler, WebSocketProtocol13

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Awaitable, Callable


def watch_sockets(opened: Callable[[WebSocketHandler], None]) -> None:
    """Be told of every WebSocket that anybody asks this server for.

    Tornado has no hook for that, and each extension brings handlers of its own: only at the base
    of all of them none can be missed.

    Args:
        opened: is given the handler, before it is known whose it is.
    """
    upstreams = WebSocketHandler.__init__

    @wraps(upstreams)
    def init(self: WebSocketHandler, *args: Any, **kwargs: Any) -> None:
        upstreams(self, *args, **kwargs)
        opened(self)

    WebSocketHandler.__init__ = init  # type: ignore[method-assign]


def is_in_parts(socket: Any) -> bool:
    """Say whether a part of a message has come over a socket, and the rest is still to come."""
    return socket._fragmented_message_buffer is not None  # noqa: SLF001


class Bounds(Protocol):
    """Stands before what WebSockets read and write (`classroom.lab.connections.receive_limits`)."""

    async def read(self, socket: Any, size: int, read: Callable[..., Awaitable[bytes]]) -> bytes:
        """Read bytes of a message."""

    async def receive(self, socket: Any, receive: Callable[..., Awaitable[None]]) -> None:
        """Receive a frame."""

    def write(self, socket: Any, size: int, write: Callable[[], Future[None]]) -> Future[None]:
        """Write a frame."""


def bound_sockets(bounds_of: Callable[[WebSocketHandler], Bounds | None]) -> None:
    """Have something stand before all that WebSockets read and write.

    Args:
        bounds_of: finds by a socket's handler what is given tornado's own ways; None for nothing.
    """
    protocol: Any = WebSocketProtocol13
    own_read, own_receive = protocol._read_bytes, protocol._receive_frame  # noqa: SLF001
    own_write = protocol._write_frame  # noqa: SLF001

    @wraps(own_read)
    async def read(self: Any, n: int) -> bytes:
        found = bounds_of(self.handler)
        return await (own_read(self, n) if found is None else found.read(self, n, own_read))

    @wraps(own_receive)
    async def receive(self: Any) -> None:
        found = bounds_of(self.handler)
        await (own_receive(self) if found is None else found.receive(self, own_receive))

    @wraps(own_write)
    def write(self: Any, fin: bool, opcode: int, data: bytes, flags: int = 0) -> Future[None]:  # noqa: FBT001 (tornado's)
        found = bounds_of(self.handler)
        send: Callable[[], Future[None]] = partial(own_write, self, fin, opcode, data, flags)
        return send() if found is None else found.write(self, len(data), send)

    protocol._read_bytes, protocol._receive_frame = read, receive  # noqa: SLF001
    protocol._write_frame = write  # noqa: SLF001


def unsent(stream: BaseIOStream) -> int:
    """Count the bytes that a client hasn't taken yet; of a closed stream, which has none, 0."""
    return len(stream._write_buffer or b"")  # noqa: SLF001


def send_now(stream: BaseIOStream, data: bytes) -> bytes:
    """Give the kernel what it takes at once, past tornado's buffer; most often that is all.

    Only when nothing waits in the buffer: what is written first must leave first. A write through
    the stream costs three times as much, and a class is told everything by hundreds of them.

    Args:
        stream: with an empty buffer.
        data: what to send.

    Returns:
        What is left to write; an error is the stream's to find and to handle.
    """
    if type(stream) is not IOStream:
        return data  # TLS, or something that we don't know
    try:
        return data[stream.socket.send(data) :]
    except OSError:
        return data


def heard(future: Future[None]) -> None:
    """Take note of a write's end, so that a broken connection isn't reported as an unread error."""
    future.cancelled() or future.exception()
