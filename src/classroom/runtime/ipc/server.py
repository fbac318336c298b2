"""The answering end: a socket whose every caller is known by their user."""

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
"""Its directory says whose group."""


class SaidError(Exception):
    """A request that can't be done, with a sentence for whoever asked."""

    def __init__(self, status: int, sentence: str) -> None:
        """Keep what to answer.

        Args:
            status: the HTTP status.
            sentence: why.
        """
        super().__init__(sentence)
        self.status = status


class LocalHandler(web.RequestHandler):
    """Answers only the users that the server was made for, and in JSON when it can't."""

    def prepare(self) -> None:
        """Turn away whoever else has come as far as the socket."""
        connection: Any = self.request.connection
        if caller(connection.stream.socket) not in self.settings["callers"]:
            raise web.HTTPError(HTTPStatus.FORBIDDEN)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say why in a sentence."""
        error = kwargs.get("exc_info", (None, None))[1]
        said = isinstance(error, SaidError)
        if said:
            self.set_status(error.status)
        reason = HTTPStatus(status_code).phrase
        self.finish(json.dumps({"message": str(error) if said else reason}))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log what nobody has foreseen."""
        if not isinstance(value, SaidError):
            super().log_exception(typ, value, tb)


def serve(place: Path, handlers: list[Any], callers: Collection[int]) -> HTTPServer:
    """Answer on a unix socket; needs a running event loop.

    Args:
        place: of the socket, in a directory that only those may enter who are to ask.
        handlers: tornado's rules, of `LocalHandler`.
        callers: numbers of the users who are answered.
    """
    application = web.Application(handlers, callers=callers, log_function=lambda _: None)
    server = HTTPServer(application)
    server.add_socket(bind_unix_socket(str(place), mode=SOCKET_MODE))
    return server
