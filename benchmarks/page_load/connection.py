"""The visitors' end of one connection. It counts the received bytes, and stores none."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections import deque

# All connections read into it: the received bytes are only counted.
BUFFER = memoryview(bytearray(1 << 18))


class Connection:
    """A kept-alive connection that fetches the files which its visitor still lacks.

    Attributes:
        socket: the TLS socket, which never blocks.
        requests: the number of complete answers.
        size: bytes of their bodies.
    """

    def __init__(
        self, address: tuple[str, int], host: str, context: ssl.SSLContext, lacking: deque[bytes]
    ) -> None:
        """Connect. No other method blocks: the caller waits for all connections at once.

        Args:
            address: IP address and port.
            host: the server's name for TLS.
            context: the TLS context.
            lacking: the requests to send, a queue shared with the visitor's other connections.
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
        """Continue the TLS handshake.

        Raises:
            ssl.SSLWantReadError: call it again when the socket is readable.
            ssl.SSLWantWriteError: call it again when the socket is writable.
        """
        self.socket.do_handshake()

    def fetch(self) -> None:
        """Read answers and send the next requests, until the queue is empty.

        Raises:
            ssl.SSLWantReadError: call it again when the socket is readable.
            ssl.SSLWantWriteError: call it again when the socket is writable.
            ConnectionError: the server closed the connection within an answer.
            ValueError: an answer isn't a static file's.
        """
        while self._busy or self._lacking:
            if not self._busy:
                self.socket.sendall(self._lacking.popleft())
                self._busy = True
            self._take(self.socket.recv_into(BUFFER))

    def _take(self, count: int) -> None:
        """Count some bytes in `BUFFER` that have arrived; note the end of an answer."""
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
    """Return the length of an answer's body, from its Content-Length.

    Args:
        head: the status line and the header fields.

    Raises:
        ValueError: the status isn't 200, or the field is missing.
    """
    status, *fields = head.split(b"\r\n")
    if status.split()[1] == b"200":
        for field in fields:
            name, _, value = field.partition(b":")
            if name.lower() == b"content-length":
                return int(value)
    raise ValueError(f"not what a static file answers: {head.decode(errors='replace')}")
