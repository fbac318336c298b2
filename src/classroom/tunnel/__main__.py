"""Run the tunnel, as the user `egress`: ``python -I -m classroom.tunnel``.

The supervisor holds the sockets that have a port. On SIGHUP it reads the orders again.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import signal
import socket
from typing import TYPE_CHECKING

from classroom.runtime import background_tasks, log
from classroom.runtime.log import LOG
from classroom.runtime.paths import Paths
from classroom.tunnel import checks, orders
from classroom.tunnel.server import Tunnel

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from pathlib import Path

    from classroom.tunnel.server import Served


async def alive(_reader: StreamReader, writer: StreamWriter) -> None:
    """Answer the supervisor's check."""
    writer.write(b"alive")
    await writer.drain()
    writer.close()


async def try_all(found: orders.Orders) -> None:
    """Log the tutor's settings that can't work."""
    for sentence in await checks.run(found):
        LOG.warning("%s", sentence)


async def listen_at(place: Path, serve: Served) -> None:
    """Listen at a unix socket, and replace one that an earlier tunnel has left."""
    await asyncio.to_thread(place.unlink, missing_ok=True)
    await asyncio.start_unix_server(serve, place)


async def run(paths: Paths, services: int, hub: int) -> None:
    """Serve until the end.

    Args:
        paths: the container's paths.
        services: the descriptor of the socket for students' connections to services; -1 for none.
        hub: the descriptor of the socket for the Hub's connections, if there is no SNI proxy; -1
            for none.
    """
    tunnel = Tunnel(orders.read(paths.tunnel_orders), LOG)

    def follow() -> None:
        saved = orders.read(paths.tunnel_orders)
        tunnel.follow(saved)
        background_tasks.start(try_all(saved), "Trying the services", LOG)

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, follow)
    if services >= 0:
        door = socket.socket(fileno=services)
        await asyncio.start_server(tunnel.of_service, sock=door)
    of_hub = tunnel.by_name(lambda now: now.hub)
    if hub >= 0:
        await asyncio.start_server(of_hub, sock=socket.socket(fileno=hub))
    await listen_at(paths.tunnel / "hub.sock", of_hub)
    await listen_at(paths.tunnel / "students.sock", tunnel.by_name(lambda now: now.allow))
    follow()
    await listen_at(paths.tunnel_alive, alive)
    await asyncio.Event().wait()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="Carry TCP to hosts that the tutor has named.")
    parser.add_argument("--services", type=int, default=-1)
    parser.add_argument("--hub", type=int, default=-1)
    given = parser.parse_args()
    log.begin()
    # Two for each connection, if the container allows so many.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(run(Paths(), given.services, given.hub))


if __name__ == "__main__":
    main()
