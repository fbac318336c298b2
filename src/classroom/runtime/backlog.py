"""How many connections may wait until a server accepts them: a class comes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tornado.tcpserver import TCPServer

MOST_CONNECTIONS = 4096
"""The kernel has no more than net.core.somaxconn wait, which is as many by default."""


def widen(server: TCPServer) -> None:
    """Have more connections wait than tornado's 128: beyond, the front answers 503.

    Args:
        server: which listens.
    """
    for socket in server._sockets.values():  # noqa: SLF001 (it has no other list)
        socket.listen(MOST_CONNECTIONS)
