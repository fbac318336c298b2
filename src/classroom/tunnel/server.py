"""Accept connections to the tunnel, and connect them to hosts that may be reached."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
import time
from typing import TYPE_CHECKING

from classroom.egress.nftables import HTTPS
from classroom.tunnel import hello, splice, ways
from classroom.tunnel.hello import NotTlsError
from classroom.tunnel.names import Names
from classroom.tunnel.ways import NoWayError

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Awaitable, Callable, Iterable
    from logging import Logger

    from classroom.config.hosts import Host
    from classroom.tunnel.orders import Orders

    Served = Callable[[StreamReader, StreamWriter], Awaitable[None]]

ORIGINAL_DESTINATION = 80  # linux/netfilter_ipv4.h: SO_ORIGINAL_DST
MOST_CONNECTIONS = 384
"""The number of connections to services at the same time. The SNI proxy limits the other sockets'
connections, and the Hub has its own share."""
PASSING = {"name", "host"}
"""Kinds of errors that concern only one host, and that its client sees."""
QUIET_SECONDS = 30
"""The shortest time between two log lines about the same kind of error."""


def wanted_by(writer: StreamWriter) -> tuple[str, int]:
    """Return the address to which a client wanted to connect before nftables' rules redirected it.

    Raises:
        OSError: it was not redirected.
    """
    made = writer.get_extra_info("socket")
    found = made.getsockopt(socket.SOL_IP, ORIGINAL_DESTINATION, 16)
    port, address = struct.unpack_from("!2xH4s", found)
    return socket.inet_ntoa(address), port


def reset(writer: StreamWriter) -> None:
    """End a connection at once, with a reset."""
    made = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Tunnel:
    """All connections, and the orders in force."""

    def __init__(self, orders: Orders, log: Logger) -> None:
        """Begin without connections.

        Args:
            orders: the hosts that may be reached.
            log: for lines about errors.
        """
        self._orders = orders
        self._names = Names(orders)
        self._log = log
        self._said: dict[str, float] = {}
        self._to_services: dict[asyncio.Task[None], tuple[str, int]] = {}

    def follow(self, orders: Orders) -> None:
        """Use other orders from now on; end connections to services that are no longer allowed."""
        self._orders = orders
        self._names = Names(orders)
        kept = {(name, port) for (_, port), name in orders.endpoints.items()}
        for task, target in list(self._to_services.items()):
            if target not in kept:
                task.cancel()

    async def of_service(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve a student's connection to a service."""
        try:
            place = wanted_by(writer)
        except OSError:
            reset(writer)
            return
        name = self._orders.endpoints.get(place)
        if name is None or len(self._to_services) >= MOST_CONNECTIONS:
            reset(writer)
            return
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 (for the type checker)
        self._to_services[task] = (name, place[1])
        try:
            await self._serve(reader, writer, name, place[1])
        finally:
            del self._to_services[task]

    def by_name(self, allowed: Callable[[Orders], Iterable[Host]]) -> Served:
        """Make the handler of a socket whose clients name the host in TLS.

        Args:
            allowed: returns the hosts that may be reached.
        """

        async def serve(reader: StreamReader, writer: StreamWriter) -> None:
            try:
                name, said = await hello.read(
                    reader, lambda name: any(one.matches(name) for one in allowed(self._orders))
                )
            except (NotTlsError, OSError):
                reset(writer)
                return
            await self._serve(reader, writer, name, HTTPS, said)

        return serve

    async def _serve(
        self, reader: StreamReader, writer: StreamWriter, name: str, port: int, said: bytes = b""
    ) -> None:
        """Connect a client to a host until one of them ends the connection."""
        way: ways.Stream | None = None
        try:
            way = await ways.to(self._orders, self._names, name, port)
            way[1].write(said)
            await splice.both((reader, writer), way)
        except NoWayError as error:
            self._say(error)
            reset(writer)
        except asyncio.CancelledError:
            reset(writer)
            ways.close(way)
        except OSError:
            reset(writer)

    def _say(self, error: NoWayError) -> None:
        """Log an error, unless the same kind was logged a moment ago."""
        now = time.monotonic()
        if now - self._said.get(error.kind, float("-inf")) >= QUIET_SECONDS:
            self._said[error.kind] = now
            level = logging.INFO if error.kind in PASSING else logging.WARNING
            self._log.log(level, "%s", error)
