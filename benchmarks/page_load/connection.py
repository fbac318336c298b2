"""The visitors' end of one connection. It counts bytes and keeps none."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections import deque

# Everybody reads into it: nobody looks at what is read.
BUFFER = memoryview(bytearray(1 << 18))


class Connection:
    """One kept-alive connection that fetches what its visitor still lacks."""

    def __init__(
        self, address: tuple[str, int], host: str, context: ssl.SSLContext, lacking: deque[bytes]
    ) -> None:
        """Connect; the rest never waits: who drives all of them does.

        Args:
            address: IP address and port.
            host: the name to ask for.
            context: of TLS.
            lacking: requests, shared with the visitor's other connections.
        """
        raw = socket.create_connection(address)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw.settimeout(0)
        self.socket = context.wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False)
        self.requests = 0
        self.size = 0
        self._lacking = lacking
        self._busy = False
        self._head = b""
        self._left = 0

    def shake_hands(self) -> None:
        """Do what can be done of the TLS handshake."""
        self.socket.do_handshake()

    def fetch(self) -> None:
        """Read what is there and ask for the next, until nothing is lacking any more."""
        while self._busy or self._lacking:
            if not self._busy:
                self.socket.sendall(self._lacking.popleft())
                self._busy = True
            self._take(self.socket.recv_into(BUFFER))

    def _take(self, count: int) -> None:
        """Count what arrived."""
        if count == 0:
            raise ConnectionError("the server closed a connection within an answer")
        if self._left == 0:
            head, end, body = (self._head + bytes(BUFFER[:count])).partition(b"\r\n\r\n")
            if not end:
                self._head = head
                return
            self._head = b""
            self._left = length(head)
            self.size += self._left
            count = len(body)
        self._left -= count
        if self._left == 0:
            self.requests += 1
            self._busy = False


def length(head: bytes) -> int:
    """Read the length of an answer's body out of its head.

    Raises:
        ValueError: it isn't a 200, or doesn't say its length.
    """
    status, *fields = head.split(b"\r\n")
    if status.split()[1] == b"200":
        for field in fields:
            name, _, value = field.partition(b":")
            if name.lower() == b"content-length":
                return int(value)
    raise ValueError(f"not what a static file answers: {head.decode(errors='replace')}")
