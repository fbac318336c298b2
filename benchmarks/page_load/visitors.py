"""Many visitors at once, in a process of their own: ``python -m benchmarks.page_load.visitors``.

Reads a `Plan` as JSON, fetches, prints an `Outcome` as JSON. It shares the machine with the
server that it measures, so it does as little as it can.
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
# As a browser asks for what a page needs.
HEADERS = (
    "Accept: */*\r\nAccept-Encoding: br, gzip\r\n"
    "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Site: same-origin\r\n"
)


@dataclass(frozen=True)
class Plan:
    """What to fetch.

    Attributes:
        ip: of the server.
        port: of the server.
        host: the name to ask for.
        visitors: how many.
        connections: how many each of them opens, as browsers do.
        files: what each of them fetches: path and Cookie header.
    """

    ip: str
    port: int
    host: str
    visitors: int
    connections: int
    files: list[tuple[str, str]]


@dataclass(frozen=True)
class Outcome:
    """What it took.

    Attributes:
        connecting: seconds until all connections were open, TLS and all.
        fetching: seconds from then until everybody had everything.
        cpu: seconds of this process for both.
        requests: how many were answered.
        size: MB of bodies, compressed as they came.
    """

    connecting: float
    fetching: float
    cpu: float
    requests: int
    size: float


def drive(connections: list[Connection], step: Callable[[Connection], None]) -> float:
    """Let every connection go on until its step is done.

    Args:
        connections: all of them.
        step: ends, or raises that it must wait to read or to write.

    Returns:
        Seconds that it took.

    Raises:
        TimeoutError: somebody still waits after two minutes.
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
    """Let all visitors connect, and then fetch everything.

    Raises:
        TimeoutError: somebody still waits after two minutes.
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
