"""How many sockets a person may have, without going through anybody else's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tornado.httputil import HTTPServerRequest
from tornado.web import Application, HTTPError
from tornado.websocket import WebSocketHandler

from classroom.lab.connections.registry import MOST_SOCKETS, Connections, Page

APPLICATION = Application()


class Connection:
    """The part of a connection that a handler needs; it never answers."""

    def set_close_callback(self, _: Any) -> None: ...


def socket(name: str, kind: type[WebSocketHandler] = WebSocketHandler) -> Any:
    """Return the handler of a person's request for a socket."""
    request: Any = HTTPServerRequest("GET", "/", connection=Connection())  # type: ignore[arg-type]
    made = kind(APPLICATION, request)
    made.current_user = SimpleNamespace(username=name)
    return made


def opened(connections: Connections, made: Any) -> Any:
    """Admit a socket and open it."""
    connections.add(made)
    connections.admit(made)
    made.ws_connection = object()
    return made


class Secretive(WebSocketHandler):
    """A socket that only its own person may know of."""

    looks = 0

    @property
    def current_user(self) -> Any:
        type(self).looks += 1
        return SimpleNamespace(username="bea")

    @current_user.setter
    def current_user(self, value: Any) -> None: ...


def test_somebody_has_so_many_and_no_more() -> None:
    connections = Connections()
    theirs = [opened(connections, socket("ada")) for _ in range(MOST_SOCKETS)]
    with pytest.raises(HTTPError, match="429"):
        opened(connections, socket("ada"))
    opened(connections, socket("bea"))
    theirs[0].ws_connection = None
    opened(connections, socket("ada"))
    with pytest.raises(HTTPError, match="429"):
        opened(connections, socket("ada"))


def test_who_comes_is_not_looked_for_among_all_the_others() -> None:
    connections = Connections()
    others = [opened(connections, socket("", Secretive)) for _ in range(100)]
    before = Secretive.looks
    opened(connections, socket("ada"))
    assert Secretive.looks == before
    assert len(others) == 100


def test_pages_are_those_that_are_open() -> None:
    connections = Connections()
    page, closed = (opened(connections, socket("ada", Page)) for _ in range(2))
    opened(connections, socket("ada"))
    closed.ws_connection = None
    assert connections.pages() == [page]
