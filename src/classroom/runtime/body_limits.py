"""How large a request's body may be, and how long it may take: the Hub's and the lab's own bounds.

The front (nginx/front.conf) refuses first. These hold behind it: for what it can't see, such as a
body that comes with a GET by HTTP/2, and for people who are signed in. tornado keeps a whole body
in memory before any handler runs.
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
"""Bytes: with a GET, to the Hub, to the lab, and of a file to the lab."""
BUFFER_BYTES = FILE_BYTES + MB
"""Bytes that a connection may keep: a room's message may be as large, and has a head."""
BODY_SECONDS = {GET_BYTES: 30, PIECE_BYTES: 60, FILE_BYTES: 600}
"""How long a body of that size may take as a whole."""
LARGE_BYTES = 3 * MB
"""Bytes above which a body waits for its turn: a piece of an upload is 1.4 MB."""
LARGE_BODIES_BYTES = 256 * MB
"""Bytes of large bodies that the lab reads at the same time."""
READS = {"GET", "HEAD", "OPTIONS"}


def of_hub(_: str, __: str) -> int:
    """Return how many bytes a request to the Hub may have: forms, and lists of names."""
    return FORM_BYTES


def of_lab(method: str, path: str, prefix: str = PREFIX) -> int:
    """Return how many bytes a request to the lab may have.

    Args:
        method: the HTTP method.
        path: without the query.
        prefix: the lab's address, with a slash at both ends.
    """
    if method in READS:
        return GET_BYTES
    return FILE_BYTES if path.startswith(f"{prefix}api/contents") else PIECE_BYTES


def size(headers: httputil.HTTPHeaders, longest: int) -> int:
    """Return how many bytes a body may turn out to have.

    Args:
        headers: the request's.
        longest: what it may have at most: so much has one that doesn't say.
    """
    if "Transfer-Encoding" in headers:
        return longest
    declared = headers.get("Content-Length", "0")
    return min(int(declared), longest) if declared.isascii() and declared.isdigit() else longest


class BodyQueue:
    """Lets bodies be read as long as all of them together fit; the others wait, first come first.

    One event loop's: nothing here is for threads.
    """

    def __init__(self, together: int) -> None:
        """Begin with nothing being read.

        Args:
            together: bytes, at least as many as the largest body.
        """
        self._left = together
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def take(self, wanted: int) -> None:
        """Wait until there is space for a body; `give` it back in the end.

        Args:
            wanted: its bytes.
        """
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, turn))
        self._go_on()
        await turn

    def give(self, wanted: int) -> None:
        """Give some back.

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
    """One request on its way to its handler, with a bound on its body."""

    def __init__(
        self, within: Any, connection: Any, longest: Longest, turns: BodyQueue | None
    ) -> None:
        """Stand before a handler.

        Args:
            within: tornado's own delegate, which collects the body.
            connection: the request's `HTTP1Connection`.
            longest: says how many bytes a request may have by its method and path.
            turns: whose turn it is to send a large body; None where there are none.
        """
        self._within, self._connection = within, connection
        self._longest, self._turns = longest, turns
        self._taken = 0

    def headers_received(
        self,
        start_line: httputil.RequestStartLine | httputil.ResponseStartLine,
        headers: httputil.HTTPHeaders,
    ) -> Awaitable[None] | None:
        """Set the bound; let a large body wait, while its sender waits too (flow control)."""
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
        """Pass on that all is there, and let the next one send."""
        self._give()
        self._within.finish()

    def on_connection_close(self) -> None:
        """Pass on that no more comes."""
        self._give()
        self._within.on_connection_close()

    def _give(self) -> None:
        if self._turns is not None and self._taken:
            self._turns.give(self._taken)
        self._taken = 0


def bound(application: Any, longest: Longest, turns: BodyQueue | None = None) -> None:
    """Bound the bodies of all requests to a tornado application, whatever their handler.

    Args:
        application: a `tornado.web.Application`; what it does with a request is its method
            ``start_request``, by which `tornado.httpserver` gives it each.
        longest: says how many bytes a request may have by its method and path.
        turns: whose turn it is to send a large body; None where there are none.
    """
    start = application.start_request

    def start_request(server_connection: object, connection: Any) -> BoundedBody:
        return BoundedBody(start(server_connection, connection), connection, longest, turns)

    application.start_request = start_request
