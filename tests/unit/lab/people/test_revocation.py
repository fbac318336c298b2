"""The second check of people whose access has ended: JupyterHub's `HubOAuth`, and real sockets."""

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
    """A stand-in for the Hub, which knows a person by the tokens that it has issued."""

    def get(self) -> None:
        """Return the token's owner and scopes."""
        token = self.request.headers["Authorization"].removeprefix("token ")
        if token not in self.settings["tokens"]:
            self.set_status(403)
            self.finish("{}")
            return
        self.finish({"name": NAME, "scopes": self.settings["tokens"][token]})


class Socket(WebSocketHandler):
    """A socket of the lab."""

    def get_current_user(self) -> Any:
        """Return the socket's user, as jupyter_server's handlers do."""
        return type("User", (), {"username": NAME})()

    def open(self, *_: str, **__: str) -> None:
        """Register the socket, and send a message."""
        self.settings["connections"].add(self)
        self.write_message("there")


class Lab:
    """A lab server, its Hub, and the code that follows people's access."""

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
        """Follow people's access for a person's lab, or with "" for the class's lab."""
        log = logging.getLogger("test")
        return revocation.Revocation(self.connections, self._hub_auth, log, lambda _: None, owner)

    async def open(self, token: str) -> WebSocketClientConnection:
        """Open a socket with a token."""
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
    """Wait until the lab has closed a socket; return the reason."""
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
        # The person was readmitted to another lab, but not to this one.
        (["access:services!service=another"], False),
        # The socket was opened by an answer that was still under way.
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
            # A socket with an old token shows that the second check has been made.
            stale = await lab.open("old")
            assert await until_closed(stale) == revocation.SENTENCE
            assert len(lab.connections.of(NAME)) == 1

    loops.run(look())


def test_who_was_let_in_and_taken_out_between_two_looks_is_out() -> None:
    """The Hub has admitted them, but the lab has never seen that its owner shared it with them."""
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
    """No message of the Hub is necessary."""
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
