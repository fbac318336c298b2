"""Upstream's internals that our code uses, with tornado's own streams."""

from __future__ import annotations

import asyncio
import socket

from tornado.iostream import IOStream

from classroom.lab.upstream import socket_patches


def test_a_closed_stream_has_nothing_unsent() -> None:
    """A page disconnects while its kernel still sends something."""

    async def count() -> tuple[int, int]:
        ours, theirs = socket.socketpair()
        with theirs:
            stream = IOStream(ours)
            before = socket_patches.unsent(stream)
            stream.close()
            return before, socket_patches.unsent(stream)

    assert asyncio.run(count()) == (0, 0)
