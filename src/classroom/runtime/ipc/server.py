"""Answer requests on a unix socket, for certain users only."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tornado import web
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_unix_socket

from classroom.runtime.ipc.peer import caller

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

SOCKET_MODE = 0o660
"""The group is the directory's (setgid)."""


class SaidError(Exception):
    """A request can't be done; the sentence is for the client."""

    def __init__(self, status: int, sentence: str) -> None:
        """Keep the answer.

        Args:
            status: the HTTP status.
            sentence: the reason.
        """
        super().__init__(sentence)
        self.status = status


class LocalHandler(web.RequestHandler):
    """Answers only the server's allowed users; errors are JSON."""

    def prepare(self) -> None:
        """Refuse all other users."""
        connection: Any = self.request.connection
        if caller(connection.stream.socket) not in self.settings["callers"]:
            raise web.HTTPError(HTTPStatus.FORBIDDEN)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with a sentence."""
        error = kwargs.get("exc_info", (None, None))[1]
        said = isinstance(error, SaidError)
        if said:
            self.set_status(error.status)
        reason = HTTPStatus(status_code).phrase
        self.finish(json.dumps({"message": str(error) if said else reason}))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log unexpected errors only."""
        if not isinstance(value, SaidError):
            super().log_exception(typ, value, tb)


def serve(place: Path, handlers: list[Any], callers: Collection[int]) -> HTTPServer:
    """Answer on a unix socket; needs a running event loop.

    Args:
        place: the socket's path, in a directory that only the clients may enter.
        handlers: tornado's rules, with subclasses of `LocalHandler`.
        callers: ids of the users who get an answer.
    """
    application = web.Application(handlers, callers=callers, log_function=lambda _: None)
    server = HTTPServer(application)
    server.add_socket(bind_unix_socket(str(place), mode=SOCKET_MODE))
    return server
