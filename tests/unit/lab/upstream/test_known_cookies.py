"""Cookies are checked once a minute, and the result is never used for other cookies."""

from __future__ import annotations

from typing import Any

from jupyterhub.services.auth import HubOAuth
from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import Application, RequestHandler, create_signed_value

from classroom.lab.upstream import known_cookies
from classroom.lab.upstream.known_cookies import MOST, SECONDS, KnownCookies

SECRET, NAME = "secret", "service-classroom"


class Connection:
    """The part of a connection that a handler needs; it never answers."""

    def set_close_callback(self, _: Any) -> None: ...


def asked(cookies: str, mode: str = "cors") -> RequestHandler:
    headers = HTTPHeaders({"Cookie": cookies, "Sec-Fetch-Mode": mode})
    request = HTTPServerRequest("GET", "/", headers=headers, connection=Connection())  # type: ignore[arg-type]
    return RequestHandler(Application(cookie_secret=SECRET), request)


def signed(token: str) -> str:
    return f"{NAME}={create_signed_value(SECRET, NAME, token).decode()}"


def auth() -> HubOAuth:
    return HubOAuth(oauth_client_id=NAME, api_token="t", base_url="/")


def test_each_says_what_upstream_reads() -> None:
    upstreams, ours = auth(), auth()
    known_cookies.use(ours)
    forged = signed("ada")[:-1] + ("0" if signed("ada")[-1] != "0" else "1")
    for cookies in (signed("ada"), f"jupyterhub-session-id=s; {signed('bea')}", "", forged, "x;="):
        for _ in range(2):
            handler = asked(cookies)
            assert ours._get_token_cookie(handler) == upstreams._get_token_cookie(handler)
            assert ours.get_session_id(handler) == upstreams.get_session_id(handler)
    assert ours._get_token_cookie(asked(forged)) is None


def test_what_was_given_with_this_request_counts() -> None:
    ours = auth()
    known_cookies.use(ours)
    handler: Any = asked(signed("ada"))
    assert ours._get_token_cookie(handler) == "ada"
    handler._hub_auth_token_cookie = "new"
    assert ours._get_token_cookie(handler) == "new"


def test_a_minute_later_they_are_checked_again() -> None:
    checks: list[str] = []
    now = [0.0]

    def token(handler: Any) -> str | None:
        checks.append(handler.request.headers["Cookie"])
        return None if len(checks) > 1 else "ada"

    known = KnownCookies(token, lambda _: "", lambda: now[0])
    assert [known.token(asked("a")) for _ in range(5)] == ["ada"] * 5
    now[0] = SECONDS
    assert known.token(asked("a")) is None, "it has expired"
    assert checks == ["a", "a"]
    known.token(asked("a", "websocket"))
    assert len(checks) == 3, "upstream may tell sockets apart"


def test_so_many_are_remembered() -> None:
    known = KnownCookies(lambda _: "", lambda _: "")
    for number in range(3 * MOST):
        known.session(asked(str(number)))
    assert len(known._known) <= MOST
