"""A second look at whose access has ended: JupyterHub's own `HubOAuth`, and real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from typing import TYPE_CHECKING, Any

import pytest
from jupyterhub.services.auth import HubOAuth
from tornado.httpclient import HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler, websocket_connect

from classroom.lab.connections import registry
from classroom.lab.people import revocation
from classroom.runtime.access_state import EDIT, Guest, Standing
from tests import loops

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tornado.websocket import WebSocketClientConnection

NAME = "grace"


class Hub(RequestHandler):
    """The Hub, to which somebody is known by the tokens that it has given out."""

    def get(self) -> None:
        """Say whose token it is."""
        token = self.request.headers["Authorization"].removeprefix("token ")
        if token not in self.settings["tokens"]:
            self.set_status(403)
            self.finish("{}")
            return
        self.finish({"name": NAME, "scopes": self.settings["tokens"][token]})


class Socket(WebSocketHandler):
    """A socket of the lab's."""

    def get_current_user(self) -> Any:
        """Whose it is, as jupyter_server's handlers say it."""
        return type("User", (), {"username": NAME})()

    def open(self, *_: str, **__: str) -> None:
        """Take note of it, and say so."""
        self.settings["connections"].add(self)
        self.write_message("there")


class Lab:
    """A lab server, its Hub, and the following of people between them."""

    def __init__(self) -> None:
        self.tokens: dict[str, list[str]] = {}
        self._sockets: list[WebSocketClientConnection] = []
        self.connections = registry.Connections()
        socket, self._port = bind_unused_port()
        routes: list[Any] = [("/hub/api/user", Hub), ("/socket", Socket)]
        self._server = HTTPServer(
            Application(routes, tokens=self.tokens, connections=self.connections)
        )
        self._server.add_sockets([socket])
        hub_auth = HubOAuth(
            api_url=f"http://127.0.0.1:{self._port}/hub/api",
            api_token="the-labs-own",
            oauth_client_id="service-classroom",
            access_scopes={"access:services!service=classroom"},
        )
        self._hub_auth = hub_auth
        self.followed = self.of("")

    def of(self, owner: str) -> revocation.Revocation:
        """Follow people for the lab of somebody; for the class's if it is nobody's."""
        log = logging.getLogger("test")
        return revocation.Revocation(self.connections, self._hub_auth, log, lambda _: None, owner)

    async def open(self, token: str) -> WebSocketClientConnection:
        """Open a socket with a sign-in."""
        headers = HTTPHeaders({"Authorization": f"token {token}"})
        request = HTTPRequest(f"ws://127.0.0.1:{self._port}/socket", headers=headers)
        made = await websocket_connect(request)
        self._sockets.append(made)
        assert await made.read_message() == "there"
        return made

    async def close(self) -> None:
        for socket in self._sockets:
            socket.close()
        self._server.stop()
        await self._server.close_all_connections()


@contextlib.asynccontextmanager
async def started() -> AsyncIterator[Lab]:
    lab = Lab()
    try:
        yield lab
    finally:
        await lab.close()


async def until_closed(socket: WebSocketClientConnection) -> Any:
    """Wait until the lab has closed a socket; return why."""
    while await socket.read_message() is not None:
        continue
    return json.loads(socket.close_reason or "{}").get("errorReason")


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocation, "AGAIN_SECONDS", 1.0)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize(
    ("scopes", "stays"),
    [
        (["access:services!service=classroom"], True),
        # Let in again elsewhere, and not here.
        (["access:services!service=another"], False),
        # What was opened by an answer that was under way.
        (None, False),
    ],
)
def test_the_second_look_asks_the_hub_whose_sign_in_is_new(
    scopes: list[str] | None,
    stays: bool,  # noqa: FBT001
) -> None:
    async def look() -> None:
        async with started() as lab:
            old = await lab.open("old")
            lab.followed.take(Standing(ended={NAME: 1.0}))
            assert await until_closed(old) == revocation.SENTENCE
            if scopes is not None:
                lab.tokens["new"] = scopes
            new = await lab.open("new")
            if not stays:
                assert await until_closed(new) == revocation.SENTENCE
                return
            # What ends once more is old: the second look has been.
            stale = await lab.open("old")
            assert await until_closed(stale) == revocation.SENTENCE
            assert len(lab.connections.of(NAME)) == 1

    loops.run(look())


def test_who_was_let_in_and_taken_out_between_two_looks_is_out() -> None:
    """The lab has never seen that its owner shared it with them; the Hub has let them in."""
    cut = Standing(gone={"mona": {NAME: 1.0}})

    async def look() -> None:
        async with started() as lab:
            lab.followed = lab.of("mona")
            guest = await lab.open("a guest's")
            lab.followed.take(Standing())
            lab.followed.take(cut)
            async with asyncio.timeout(20):
                assert await until_closed(guest) == revocation.NOT_HERE

    loops.run(look())


def test_a_share_ends_by_the_labs_own_clock() -> None:
    """No Hub has to say so."""
    shared = Standing(shares={"mona": {NAME: Guest(EDIT, time.time() + 1)}})

    async def look() -> None:
        async with started() as lab:
            lab.followed = lab.of("mona")
            lab.followed.take(shared)
            guest = await lab.open("a guest's")

            def is_over() -> bool:
                lab.followed.take(shared)
                return not lab.connections.of(NAME)

            await loops.until(is_over)
            async with asyncio.timeout(20):
                assert await until_closed(guest) == revocation.NOT_HERE

    loops.run(look())
