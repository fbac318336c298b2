"""Set how many connections may wait until a server accepts them: a whole class may come at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tornado.tcpserver import TCPServer

MOST_CONNECTIONS = 4096
"""The system's limit is net.core.somaxconn, which has this value by default."""


def widen(server: TCPServer) -> None:
    """Let more connections wait than tornado's 128: for others the front answers 503.

    Args:
        server: the listening server.
    """
    for socket in server._sockets.values():  # noqa: SLF001 (it has no other list)
        socket.listen(MOST_CONNECTIONS)
