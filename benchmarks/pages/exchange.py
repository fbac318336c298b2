"""A page's HTTP: an open connection, on which one request follows another."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.rooms.page import INTO, WOULD_BLOCK

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.rooms.page import Place

LAST_CHUNK = b"0\r\n\r\n"


@dataclass
class Answers:
    """The answers to a crowd.

    Attributes:
        statuses: the number of answers for each status.
        seconds: the time of each request, from the call of `Exchange.ask` to its answer.
        size: bytes of all answers.
    """

    statuses: dict[int, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    size: int = 0


class Exchange:
    """A connection, and the requests that it still has to send; no method blocks."""

    def __init__(self, place: Place, answers: Answers) -> None:
        """Connect.

        Args:
            place: the server's address.
            answers: counts the answers.
        """
        self._place, self._answers = place, answers
        self.socket = place.connect()
        self._due: deque[tuple[float, bytes, Callable[[int], None] | None]] = deque()
        self._unsent = bytearray()
        self._buffer = bytearray()
        self._busy = False

    @property
    def is_quiet(self) -> bool:
        """Whether all requests were answered."""
        return not self._busy and not self._due

    def ask(self, request: bytes, then: Callable[[int], None] | None = None) -> None:
        """Send a request after the earlier ones are answered.

        Args:
            request: the whole request.
            then: called with the answer's status.
        """
        self._due.append((time.monotonic(), request, then))
        self._next()

    def _next(self) -> None:
        if self._due and not self._busy:
            self._busy = True
            self._buffer.clear()
            self._unsent += self._due[0][1]
            self.flush()

    def flush(self) -> None:
        """Send as many bytes as the system accepts."""
        try:
            while self._unsent:
                del self._unsent[: self.socket.send(self._unsent)]
        except WOULD_BLOCK:
            pass

    def read(self) -> None:
        """Read the arrived bytes; if an answer is complete, count it, and send the next request.

        Raises:
            ConnectionError: the server has ended the connection.
        """
        try:
            while count := self.socket.recv_into(INTO):
                self._buffer += INTO[:count]
        except WOULD_BLOCK:
            pass
        else:
            raise ConnectionError("the server closed a page's HTTP connection")
        if self._busy and (status := answered(self._buffer)):
            since, _, then = self._due.popleft()
            self._busy = False
            found = self._answers
            found.statuses[status] = found.statuses.get(status, 0) + 1
            found.seconds.append(time.monotonic() - since)
            found.size += len(self._buffer)
            if then is not None:
                then(status)
            self._next()


def answered(buffer: bytes | bytearray) -> int:
    """Return the status of a complete answer; 0 for an incomplete one.

    Args:
        buffer: the bytes that have arrived since the request.
    """
    head, end, body = bytes(buffer).partition(b"\r\n\r\n")
    if not end:
        return 0
    status, *lines = head.split(b"\r\n")
    pairs = (line.partition(b":") for line in lines)
    fields = {name.strip().lower(): value.strip() for name, _, value in pairs}
    code = int(status.split()[1])
    if fields.get(b"transfer-encoding") == b"chunked":
        return code if body.endswith(LAST_CHUNK) else 0
    return code if len(body) >= int(fields.get(b"content-length", 0)) else 0
