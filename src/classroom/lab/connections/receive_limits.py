"""What comes in and goes out over all WebSockets of the server: bounded for each person.

tornado bounds each message, and keeps a part of one for as long as its sender likes.
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
"""Bytes that are read at a time; a message that is no longer isn't counted, nor what a page hasn't
read yet if it is no more."""
SECONDS = 600.0
"""How long a message may take to come: as long as a file's body
(`classroom.runtime.body_limits`)."""


class Incoming:
    """The message that comes over a socket just now."""

    def __init__(self) -> None:
        self.size = 0
        self.until = time.monotonic() + SECONDS


class ReceiveLimits:
    """Stands before tornado's own ways to read and write; a socket is its `WebSocketProtocol13`."""

    def __init__(self, budget: MemoryBudget) -> None:
        """Count nothing yet.

        Args:
            budget: of whom it is taken.
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
            size: how many.
            read: tornado's.

        Raises:
            StreamClosedError: there is no space for them, or they don't come.
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
        """Receive a frame, and have it handled if the message is whole; then the others' turn.

        Whoever has taken more than their share of the event loop is read later, over all sockets.

        Args:
            socket: the socket to read from.
            receive: tornado's.
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
        """Write a frame; a page that doesn't read what its user is sent is disconnected.

        Args:
            socket: the socket to write to.
            size: the frame's, bytes.
            write: tornado's.
        """
        if size <= PIECE_BYTES and socket_patches.unsent(socket.stream) <= PIECE_BYTES:
            return write()
        name = name_of(socket.handler)
        if not self._budget.take(name, size):
            LOG.info("%s doesn't keep up: disconnected", name)
            socket.stream.close()  # a close frame would wait behind what isn't read
            # No failure of who has others to tell as well.
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
