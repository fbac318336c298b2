"""Many visitors at once, in a process of their own: ``python -m benchmarks.page_load.visitors``.

It reads a `Plan` as JSON from standard input, fetches the files, and prints an `Outcome` as JSON.
It shares the machine with the measured server, so it does as little work as it can.
"""

from __future__ import annotations

import dataclasses
import json
import selectors
import ssl
import sys
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.page_load.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_SECONDS = 120
# The headers of a browser's requests for a page's static files.
HEADERS = (
    "Accept: */*\r\nAccept-Encoding: br, gzip\r\n"
    "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Site: same-origin\r\n"
)


@dataclass(frozen=True)
class Plan:
    """What to fetch.

    Attributes:
        ip: the server's IP address.
        port: the server's port.
        host: the server's name, for TLS and the Host header.
        visitors: the number of visitors.
        connections: the number of connections that each of them opens.
        files: the files that each of them fetches: paths and Cookie headers.
    """

    ip: str
    port: int
    host: str
    visitors: int
    connections: int
    files: list[tuple[str, str]]


@dataclass(frozen=True)
class Outcome:
    """The results of all visitors.

    Attributes:
        connecting: seconds until all connections were open, including TLS.
        fetching: seconds from then until all visitors had all files.
        cpu: CPU seconds of this process for both.
        requests: the number of answered requests.
        size: MB of the answers' bodies, compressed as they arrived.
    """

    connecting: float
    fetching: float
    cpu: float
    requests: int
    size: float


def drive(connections: list[Connection], step: Callable[[Connection], None]) -> float:
    """Call a step for every connection, again and again until it has ended for all of them.

    Args:
        connections: the connections.
        step: the step; it raises an SSLWant…Error if the socket isn't ready yet.

    Returns:
        The seconds that it took.

    Raises:
        TimeoutError: a connection still waits after `MOST_SECONDS`.
    """
    begun = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_WRITE, connection)
        while selector.get_map():
            if time.monotonic() - begun > MOST_SECONDS:
                raise TimeoutError(f"{len(selector.get_map())} connections still wait")
            for key, _ in selector.select(timeout=1):
                try:
                    step(key.data)
                    selector.unregister(key.fd)
                except ssl.SSLWantReadError:
                    if key.events != selectors.EVENT_READ:
                        selector.modify(key.fd, selectors.EVENT_READ, key.data)
                except ssl.SSLWantWriteError:
                    selector.modify(key.fd, selectors.EVENT_WRITE, key.data)
    return time.monotonic() - begun


def come(plan: Plan) -> Outcome:
    """Let all visitors connect, and then fetch all files.

    Args:
        plan: what to fetch.

    Raises:
        TimeoutError: a connection still waits after `MOST_SECONDS`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    asked = [
        f"GET {path} HTTP/1.1\r\nHost: {plan.host}:{plan.port}\r\n{HEADERS}"
        f"Cookie: {cookie}\r\n\r\n".encode()
        for path, cookie in plan.files
    ]
    cpu, begun = time.process_time(), time.monotonic()
    connections = []
    for _ in range(plan.visitors):
        lacking = deque(asked)
        connections += [
            Connection((plan.ip, plan.port), plan.host, context, lacking)
            for _ in range(plan.connections)
        ]
    drive(connections, Connection.shake_hands)
    connecting = time.monotonic() - begun
    fetching = drive(connections, Connection.fetch)
    return Outcome(
        connecting,
        fetching,
        time.process_time() - cpu,
        sum(connection.requests for connection in connections),
        sum(connection.size for connection in connections) / 1e6,
    )


if __name__ == "__main__":
    print(json.dumps(dataclasses.asdict(come(Plan(**json.load(sys.stdin))))))
