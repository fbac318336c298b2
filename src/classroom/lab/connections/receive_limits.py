"""Limit what each person sends and receives over all WebSockets of the server.

tornado limits each message, but keeps a partial message in memory for any time.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from tornado.iostream import StreamClosedError

from classroom.lab.connections.receive_pace import ReceivePace, Timed
from classroom.lab.connections.registry import TRY_AGAIN, name_of
from classroom.lab.upstream import socket_patches

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Awaitable, Callable

    from classroom.lab.connections.memory_budget import MemoryBudget

LOG = logging.getLogger(__name__)
PIECE_BYTES = 256 * 1024
"""How many bytes to read at a time. Messages of at most that many bytes aren't counted, and neither
are unread bytes up to that number."""
SECONDS = 600.0
"""How long a message may take to arrive: as long as a file's body
(`classroom.runtime.body_limits`)."""


class Incoming:
    """The message that is arriving over a socket."""

    def __init__(self) -> None:
        self.size = 0
        self.until = time.monotonic() + SECONDS


class ReceiveLimits:
    """Wraps tornado's reading and writing; a socket is a `WebSocketProtocol13`."""

    def __init__(self, budget: MemoryBudget) -> None:
        """Use a budget.

        Args:
            budget: the memory budget of people's sockets.
        """
        self._budget = budget
        self._pace = ReceivePace()
        self._coming: WeakKeyDictionary[Any, Incoming] = WeakKeyDictionary()

    async def read(
        self, socket: Any, size: int, read: Callable[[Any, int], Awaitable[bytes]]
    ) -> bytes:
        """Read bytes of a message, a piece at a time.

        Args:
            socket: the socket to read from.
            size: how many bytes.
            read: tornado's function.

        Raises:
            StreamClosedError: there is no space for them, or they don't arrive in time.
        """
        if size <= PIECE_BYTES and not socket_patches.is_in_parts(socket):
            return await read(socket, size)
        message = self._coming.setdefault(socket, Incoming())
        name, pieces = name_of(socket.handler), []
        try:
            async with asyncio.timeout(message.until - time.monotonic()):
                while size > 0:
                    pieces.append(await read(socket, min(size, PIECE_BYTES)))
                    size -= len(pieces[-1])
                    if not self._budget.take(name, len(pieces[-1])):
                        socket.close(TRY_AGAIN, "too much at once")
                        raise StreamClosedError
                    message.size += len(pieces[-1])
        except TimeoutError as error:
            raise StreamClosedError from error
        return b"".join(pieces)

    async def receive(self, socket: Any, receive: Callable[[Any], Awaitable[None]]) -> None:
        """Receive a frame, and handle the message if it is complete; then let other sockets run.

        If a person has used more than their share of the event loop, all their sockets are read
        later.

        Args:
            socket: the socket to read from.
            receive: tornado's function.
        """
        goes_on = False
        name, timed = name_of(socket.handler), Timed(receive(socket))
        try:
            await timed
            goes_on = socket_patches.is_in_parts(socket) and not socket.client_terminated
        finally:
            if not goes_on and (message := self._coming.pop(socket, None)) is not None:
                self._budget.give(name, message.size)
        pause = self._pace.add(name, timed.seconds, time.monotonic())
        if pause is not None and not socket.is_closing():
            await asyncio.sleep(pause)

    def write(self, socket: Any, size: int, write: Callable[[], Future[None]]) -> Future[None]:
        """Write a frame; disconnect a page that doesn't read enough.

        Args:
            socket: the socket to write to.
            size: the frame's bytes.
            write: tornado's function.
        """
        if size <= PIECE_BYTES and socket_patches.unsent(socket.stream) <= PIECE_BYTES:
            return write()
        name = name_of(socket.handler)
        if not self._budget.take(name, size):
            LOG.info("%s doesn't keep up: disconnected", name)
            socket.stream.close()  # a close frame would wait behind what isn't read
            # Don't raise: the caller has other pages to write to as well.
            nothing: Future[None] = asyncio.get_running_loop().create_future()
            nothing.set_result(None)
            return nothing
        try:
            sent = write()
        except BaseException:
            self._budget.give(name, size)
            raise
        sent.add_done_callback(lambda _: self._budget.give(name, size))
        return sent
