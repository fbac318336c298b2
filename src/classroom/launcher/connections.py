"""The launcher's connections: accept one, read a message, answer."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from classroom.launcher import protocol
from classroom.runtime.log import LOG

if TYPE_CHECKING:
    from classroom.launcher.process import StudentProcess

ACCEPT_SECONDS = 1.0
"""The time between two attempts if no descriptor is free."""


async def accept(listening: socket.socket) -> socket.socket:
    """Wait for a connection, also while no descriptor is free for one."""
    complained = False
    while True:
        try:
            return (await asyncio.get_running_loop().sock_accept(listening))[0]
        except OSError as error:
            if not complained:
                LOG.error("The launcher can't accept a connection (%s): retrying", error)
            complained = True
            await asyncio.sleep(ACCEPT_SECONDS)


async def receive(connection: socket.socket) -> bytes:
    """Wait for a message; return an empty one at the end.

    The kernel drops descriptors that come with it, because there is no space for them (recvmsg(2)).
    """
    try:
        return await asyncio.get_running_loop().sock_recv(
            connection, protocol.LONGEST_MESSAGE_BYTES
        )
    except OSError:
        return b""


async def send(connection: socket.socket, message: bytes, launched: StudentProcess | None) -> None:
    """Answer, and hand over the terminal of what has just been started, if it has one.

    Raises:
        OSError: the client has closed the connection.
    """
    if launched is None or launched.terminal is None:
        await asyncio.get_running_loop().sock_sendall(connection, message)
        return
    # It doesn't wait: the first message on a connection always has room.
    socket.send_fds(connection, [message], [launched.terminal])
    launched.hand_over()
