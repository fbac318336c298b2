"""Send requests over unix sockets. It blocks: on an event loop, call it in a thread."""

from __future__ import annotations

import contextlib
import json
import socket
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ERRORS = 400
"""The lowest HTTP status of a refusal."""


class ServiceRefusedError(Exception):
    """The server has refused a request; the text is its sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        """Keep the answer.

        Args:
            status: the HTTP status.
            sentence: the reason.
        """
        super().__init__(sentence)
        self.status = status


class UnixConnection(HTTPConnection):
    """The standard library's HTTP connection, to a unix socket."""

    def __init__(self, place: Path, seconds: float) -> None:
        """Prepare to connect.

        Args:
            place: the socket's path.
            seconds: how long to wait for each answer, or the next piece of one.
        """
        super().__init__("localhost", timeout=seconds)
        self._place = place

    def connect(self) -> None:
        """Connect; the host's name is only for the request's headers."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._place))


@contextlib.contextmanager
def open_stream(
    place: Path,
    path: str,
    query: Mapping[str, Any] | None = None,
    *,
    body: Any = None,
    seconds: float,
) -> Iterator[HTTPResponse]:
    """Send a request, and read the answer piece by piece.

    Args:
        place: the socket's path.
        path: the path of the request.
        query: the query of the request.
        body: JSON to post; without it the request is a GET.
        seconds: how long to wait for the answer, or its next piece.

    Raises:
        ServiceRefusedError: the server has refused.
        OSError: the server does not answer.
        HTTPException: the answer broke off.
    """
    address = f"{path}?{urlencode(query)}" if query else path
    connection = UnixConnection(place, seconds)
    try:
        if body is None:
            connection.request("GET", address)
        else:
            connection.request("POST", address, json.dumps(body).encode())
        answer = connection.getresponse()
        if answer.status >= ERRORS:
            raise ServiceRefusedError(answer.status, _sentence(answer))
        yield answer
    finally:
        connection.close()


def _sentence(answer: HTTPResponse) -> str:
    try:
        return str(json.loads(answer.read())["message"])
    except (ValueError, KeyError, TypeError, HTTPException):
        return str(answer.reason)


def ask(place: Path, path: str, query: Mapping[str, Any] | None = None, **options: Any) -> Any:
    """Send a request, and return the answer's JSON; arguments and errors are `open_stream`'s."""
    with open_stream(place, path, query, **options) as answer:
        return json.load(answer)
