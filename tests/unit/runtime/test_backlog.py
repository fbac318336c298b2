"""A server that is too busy to accept connections, with a real socket."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from tornado.netutil import bind_unix_socket
from tornado.tcpserver import TCPServer

from classroom.runtime import backlog

if TYPE_CHECKING:
    from pathlib import Path

CLASS = 500
"""The number of connections at once: tornado's own backlog accepts 129 of them."""


def test_a_class_waits_to_be_accepted(tmp_path: Path) -> None:
    place = str(tmp_path / "lab.sock")

    async def come() -> int:
        server = TCPServer()
        server.add_socket(bind_unix_socket(place))
        backlog.widen(server)
        waiting = [socket.socket(socket.AF_UNIX) for _ in range(CLASS)]
        try:
            for one in waiting:
                one.settimeout(0)
            # A connection beyond the backlog gets EAGAIN, for which the front answers 503.
            return sum(one.connect_ex(place) == 0 for one in waiting)
        finally:
            for one in waiting:
                one.close()
            server.stop()

    assert asyncio.run(come()) == CLASS
