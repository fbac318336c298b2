"""Limit the size of request bodies, and the time to send them, in the Hub and in the lab server.

The front (nginx/front.conf) has limits of its own. The limits here also hold for requests that it
can't check, such as a GET with a body over HTTP/2, and for people who are signed in. tornado keeps
a whole body in memory before any handler runs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from tornado import httputil

from classroom.runtime.paths import PREFIX

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Longest = Callable[[str, str], int]

KB, MB = 1 << 10, 1 << 20
GET_BYTES, FORM_BYTES, PIECE_BYTES, FILE_BYTES = 64 * KB, 64 * KB, MB, 64 * MB
"""The limits of a GET's body, of a body to the Hub, to the lab, and of a file to the lab."""
BUFFER_BYTES = FILE_BYTES + MB
"""The buffer of a connection: a room's message may be as large as a file, and has a head."""
BODY_SECONDS = {GET_BYTES: 30, PIECE_BYTES: 60, FILE_BYTES: 600}
"""How long sending a body may take, by its limit in bytes."""
LARGE_BYTES = 3 * MB
"""Larger bodies wait for their turn; a piece of an upload has 1.4 MB."""
LARGE_BODIES_BYTES = 256 * MB
"""The total size of the large bodies that the lab reads at the same time."""
READS = {"GET", "HEAD", "OPTIONS"}


def of_hub(_: str, __: str) -> int:
    """Return the limit of a request's body to the Hub: forms, and lists of names."""
    return FORM_BYTES


def of_lab(method: str, path: str, prefix: str = PREFIX) -> int:
    """Return the limit of a request's body to the lab, in bytes.

    Args:
        method: the HTTP method.
        path: the path without the query.
        prefix: the lab's address, with a slash at both ends.
    """
    if method in READS:
        return GET_BYTES
    return FILE_BYTES if path.startswith(f"{prefix}api/contents") else PIECE_BYTES


def size(headers: httputil.HTTPHeaders, longest: int) -> int:
    """Return the largest possible size of a body.

    Args:
        headers: the request's headers.
        longest: the limit in bytes, which is the result if the headers give no size.
    """
    if "Transfer-Encoding" in headers:
        return longest
    declared = headers.get("Content-Length", "0")
    return min(int(declared), longest) if declared.isascii() and declared.isdigit() else longest


class BodyQueue:
    """Limits the total size of the bodies that are read; others wait in the order of their arrival.

    It is for one event loop, and not safe for threads.
    """

    def __init__(self, together: int) -> None:
        """Begin without bodies.

        Args:
            together: the total size in bytes, at least the largest body's size.
        """
        self._left = together
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def take(self, wanted: int) -> None:
        """Wait until there is space for a body; `give` it back at the end.

        Args:
            wanted: the body's size in bytes.
        """
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, turn))
        self._go_on()
        await turn

    def give(self, wanted: int) -> None:
        """Give space back.

        Args:
            wanted: the bytes that were taken.
        """
        self._left += wanted
        self._go_on()

    def _go_on(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._left:
            wanted, turn = self._waiting.popleft()
            if not turn.done():
                self._left -= wanted
                turn.set_result(None)


class BoundedBody(httputil.HTTPMessageDelegate):
    """A request on its way to its handler, with a limit for its body."""

    def __init__(
        self, within: Any, connection: Any, longest: Longest, turns: BodyQueue | None
    ) -> None:
        """Wrap a handler's delegate.

        Args:
            within: tornado's own delegate, which collects the body.
            connection: the request's `HTTP1Connection`.
            longest: returns the limit in bytes by a request's method and path.
            turns: the queue of large bodies; None if there are none.
        """
        self._within, self._connection = within, connection
        self._longest, self._turns = longest, turns
        self._taken = 0

    def headers_received(
        self,
        start_line: httputil.RequestStartLine | httputil.ResponseStartLine,
        headers: httputil.HTTPHeaders,
    ) -> Awaitable[None] | None:
        """Set the limit; let a large body wait, while its sender waits too (flow control)."""
        assert isinstance(start_line, httputil.RequestStartLine)  # noqa: S101 (it is a server)
        longest = self._longest(start_line.method, start_line.path.partition("?")[0])
        self._connection.set_max_body_size(longest)
        self._connection.set_body_timeout(BODY_SECONDS[longest])
        coming = size(headers, longest)
        if self._turns is not None and coming > LARGE_BYTES:
            return self._in_turn(self._turns, coming, start_line, headers)
        answer: Awaitable[None] | None = self._within.headers_received(start_line, headers)
        return answer

    async def _in_turn(self, turns: BodyQueue, coming: int, *received: Any) -> None:
        await turns.take(coming)
        self._taken = coming
        answer = self._within.headers_received(*received)
        if answer is not None:
            await answer

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Pass a part of the body on."""
        answer: Awaitable[None] | None = self._within.data_received(chunk)
        return answer

    def finish(self) -> None:
        """Pass on that the body is complete, and let the next one begin."""
        self._give()
        self._within.finish()

    def on_connection_close(self) -> None:
        """Pass on that the connection is closed."""
        self._give()
        self._within.on_connection_close()

    def _give(self) -> None:
        if self._turns is not None and self._taken:
            self._turns.give(self._taken)
        self._taken = 0


def bound(application: Any, longest: Longest, turns: BodyQueue | None = None) -> None:
    """Limit the bodies of all requests to a tornado application, for all its handlers.

    Args:
        application: a `tornado.web.Application`; `tornado.httpserver` passes each request to its
            method ``start_request``.
        longest: returns the limit in bytes by a request's method and path.
        turns: the queue of large bodies; None if there are none.
    """
    start = application.start_request

    def start_request(server_connection: object, connection: Any) -> BoundedBody:
        return BoundedBody(start(server_connection, connection), connection, longest, turns)

    application.start_request = start_request
