"""Patches of tornado's WebSockets and streams, and access to their internals.

Each is one function. `classroom.lab.upstream.contract` checks at the start that tornado is as they
need it.
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
    """Call a function for every WebSocket that is requested from this server.

    Tornado has no hook for that, and each extension has handlers of its own. Only their base class
    covers them all.

    Args:
        opened: called with the handler, before its user is known.
    """
    upstreams = WebSocketHandler.__init__

    @wraps(upstreams)
    def init(self: WebSocketHandler, *args: Any, **kwargs: Any) -> None:
        upstreams(self, *args, **kwargs)
        opened(self)

    WebSocketHandler.__init__ = init  # type: ignore[method-assign]


def is_in_parts(socket: Any) -> bool:
    """Say whether a socket has received a part of a message, and waits for the rest."""
    return socket._fragmented_message_buffer is not None  # noqa: SLF001


class Bounds(Protocol):
    """Wraps what WebSockets read and write (`classroom.lab.connections.receive_limits`)."""

    async def read(self, socket: Any, size: int, read: Callable[..., Awaitable[bytes]]) -> bytes:
        """Read bytes of a message."""

    async def receive(self, socket: Any, receive: Callable[..., Awaitable[None]]) -> None:
        """Receive a frame."""

    def write(self, socket: Any, size: int, write: Callable[[], Future[None]]) -> Future[None]:
        """Write a frame."""


def bound_sockets(bounds_of: Callable[[WebSocketHandler], Bounds | None]) -> None:
    """Wrap everything that WebSockets read and write.

    Args:
        bounds_of: returns the wrapper for a socket's handler; None for none.
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
    """Count the bytes that a client hasn't read yet; 0 for a closed stream."""
    return len(stream._write_buffer or b"")  # noqa: SLF001


def send_now(stream: BaseIOStream, data: bytes) -> bytes:
    """Send as much as the operating system accepts at once, past tornado's buffer; usually all.

    Call it only if the buffer is empty, to keep the order. A write through the stream costs three
    times as much, and a class needs hundreds of writes for each change.

    Args:
        stream: a stream with an empty buffer.
        data: the bytes to send.

    Returns:
        The bytes that are left to write. After an error all are left: the stream will find the
        error, and handle it.
    """
    if type(stream) is not IOStream:
        return data  # TLS, or something that we don't know
    try:
        return data[stream.socket.send(data) :]
    except OSError:
        return data


def heard(future: Future[None]) -> None:
    """Read a write's result, so that a broken connection isn't reported as an unread error."""
    future.cancelled() or future.exception()
