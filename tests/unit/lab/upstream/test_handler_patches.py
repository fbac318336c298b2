"""A request is freed as soon as it is answered, and JupyterHub's checks still apply."""

from __future__ import annotations

import gc
import weakref
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyterhub.services.auth import HubAuthenticated, HubOAuth
from jupyterhub.singleuser.extension import JupyterHubIdentityProvider
from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import Application, HTTPError, RequestHandler

from classroom.lab.upstream import handler_patches


class Connection:
    """The part of a connection that a handler needs; it never answers."""

    def set_close_callback(self, _: Any) -> None: ...


class Page(JupyterHandler):
    """A handler of a page."""


class Own(HubAuthenticated, RequestHandler):  # type: ignore[misc]
    """A handler that itself asks JupyterHub."""


def asked(kind: type[RequestHandler]) -> Any:
    headers = HTTPHeaders({"Host": "lab.classroom.test"})
    request = HTTPServerRequest("GET", "/there", headers=headers, connection=Connection())  # type: ignore[arg-type]
    made = kind.__new__(kind)
    RequestHandler.__init__(made, Application(cookie_secret="s"), request)
    return made


def provider() -> JupyterHubIdentityProvider:
    auth = HubOAuth(
        oauth_client_id="service-classroom", api_token="t", base_url="/", cache_max_age=0
    )
    return JupyterHubIdentityProvider(hub_auth=auth)


@pytest.fixture
def classes() -> Any:
    names = ("check_xsrf_cookie", "xsrf_token", "_xsrf_token_id")
    before = {
        (one, name): vars(one).get(name)
        for one in (RequestHandler, JupyterHandler)
        for name in names
    }
    yield
    for (one, name), value in before.items():
        if value is not None:
            setattr(one, name, value)
        elif name in vars(one):
            delattr(one, name)


def test_a_request_is_freed_when_nobody_has_it() -> None:
    ours = provider()
    handler_patches.use(ours)
    handler = asked(Page)
    ours._patch_get_login_url(handler)
    freed = weakref.ref(handler)
    handler.ui = None  # Tornado does so at the end
    gc.disable()
    try:
        del handler
        assert freed() is None
    finally:
        gc.enable()


def test_who_asks_for_the_sign_in_gets_upstreams() -> None:
    upstreams, ours = provider(), provider()
    handler_patches.use(ours)
    found = []
    for one in (upstreams, ours):
        handler = asked(Page)
        handler.settings["login_url"] = "/login"
        one._patch_get_login_url(handler)
        address = handler.get_login_url()
        assert handler.get_login_url() == address, "twice the same"
        found.append((urlsplit(address).path, sorted(parse_qs(urlsplit(address).query))))
    assert found[0] == found[1]
    assert found[0][0] == "/hub/api/oauth2/authorize"
    handler = asked(APIHandler)
    handler.current_user = None
    ours._patch_get_login_url(handler)
    with pytest.raises(HTTPError) as caught:
        handler.get_login_url()
    assert caught.value.status_code == 403


def test_classes_are_patched_once_by_each_lab_that_has_to(classes: None) -> None:
    del classes
    several = [provider(), provider()]
    for one in several:
        handler_patches.use(one)
    first, second = (one.hub_auth for one in several)
    checked: list[str] = []
    first.check_xsrf_cookie = lambda _: checked.append("first")
    second.check_xsrf_cookie = lambda _: checked.append("second")
    first._patch_xsrf(asked(Own))  # it affects no other class
    first._patch_xsrf(asked(Page))
    asked(Page).check_xsrf_cookie()
    patched = vars(JupyterHandler)["check_xsrf_cookie"]
    first._patch_xsrf(asked(APIHandler))
    assert vars(JupyterHandler)["check_xsrf_cookie"] is patched
    second._patch_xsrf(asked(Page))
    asked(Page).check_xsrf_cookie()
    first._patch_xsrf(asked(RequestHandler))
    first._patch_xsrf(asked(Page))
    asked(Page).check_xsrf_cookie()
    assert checked == ["first", "second", "first"]
