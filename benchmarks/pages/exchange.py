"""One page's HTTP: a connection that stays open, on which one request follows another."""

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
    """What was answered to a crowd.

    Attributes:
        statuses: how many answers of each.
        seconds: of each request, from when it was due.
        size: bytes.
    """

    statuses: dict[int, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    size: int = 0


class Exchange:
    """A connection, and what is still to be asked for on it."""

    def __init__(self, place: Place, answers: Answers) -> None:
        """Connect.

        Args:
            place: of the server.
            answers: where to count what is answered.
        """
        self._place, self._answers = place, answers
        self.socket = place.connect()
        self._due: deque[tuple[float, bytes, Callable[[int], None] | None]] = deque()
        self._unsent = bytearray()
        self._buffer = bytearray()
        self._busy = False

    @property
    def is_quiet(self) -> bool:
        """Whether everything was answered."""
        return not self._busy and not self._due

    def ask(self, request: bytes, then: Callable[[int], None] | None = None) -> None:
        """Ask for something when what came before is answered.

        Args:
            request: the whole of it.
            then: is given the answer's status.
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
        """Send what the kernel takes."""
        try:
            while self._unsent:
                del self._unsent[: self.socket.send(self._unsent)]
        except WOULD_BLOCK:
            pass

    def read(self) -> None:
        """Take what has arrived.

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
    """Return the status of an answer that has arrived as a whole; 0 for one that hasn't.

    Args:
        buffer: what has arrived since the request.
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
