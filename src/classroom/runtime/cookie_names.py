"""Give cookies names that differ between labs.

Browsers don't separate the cookies of two ports of a host (RFC 6265, section 8.5). Hub and lab
servers use upstream's names inside. This module changes the names in requests and answers, so no
handler can set or read a cookie under a name that another lab on the same host uses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tornado import httputil

from classroom.runtime.paths import PREFIX, SERVICE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable

ID = r"[0-9a-f]{8}"
LOGIN, SESSION, STATE, TRIAL_NAME, XSRF = (
    "jupyterhub-hub-login",
    "jupyterhub-session-id",
    "oauthenticator-state",
    "jupyterhub-trial-name",
    "_xsrf",
)
OF_LAB = (SESSION, f"service-{SERVICE}")
"""Beginnings of the names that the lab server changes; JupyterLab's pages read `XSRF` unchanged."""
OF_HUB = ("jupyterhub-", STATE, XSRF)
"""Beginnings of the names that the Hub changes."""
MOST_OTHER_LABS = 5
"""The number of labs on the same host whose cookies a browser keeps: the front reads at most 8 kB.
"""
PATHS = {
    SESSION: "/",
    LOGIN: "/hub/",
    XSRF: "/hub/",
    STATE: "/hub/",
    TRIAL_NAME: "/hub/",
    OF_LAB[1]: PREFIX,
}
"""The paths of cookies, by the beginning of their names."""


def _begins(name: str, ours: tuple[str, ...]) -> bool:
    return name.removeprefix("__Host-").startswith(ours)


def outward(name: str, lab: str, ours: tuple[str, ...]) -> str:
    """Return the name under which a browser keeps a cookie.

    Args:
        name: upstream's name.
        lab: the lab's id, from `classroom.runtime.credentials.lab_id`.
        ours: beginnings of the names to change.
    """
    return f"{name}-{lab}" if _begins(name, ours) else name


def inward(header: str, lab: str, ours: tuple[str, ...]) -> str:
    """Give a request's cookies upstream's names.

    Leave out cookies that already have upstream's names: they are another program's, or too old.

    Args:
        header: the header ``Cookie``. A cookie that is in it more than once stays so.
        lab: the lab's id, from `classroom.runtime.credentials.lab_id`.
        ours: beginnings of the names to change.
    """
    found = []
    for part in header.split(";"):
        name, equals, value = part.partition("=")
        name = name.strip()
        if _begins(name, ours):
            if not name.endswith(f"-{lab}"):
                continue
            name = name.removesuffix(f"-{lab}")
        found.append(f"{name}{equals}{value}")
    return "; ".join(found)


def superfluous(header: str, lab: str, ours: tuple[str, ...]) -> list[tuple[str, str]]:
    """List the names and paths of other labs' cookies to delete.

    Without that, a browser would collect more cookies for a host with many labs than a request may
    have.

    Args:
        header: the header ``Cookie``, in the order of their creation (RFC 6265, section 5.4).
        lab: the lab's id, from `classroom.runtime.credentials.lab_id`.
        ours: beginnings of the names to change.
    """
    names: dict[str, list[str]] = {}
    for part in header.split(";"):
        name = part.partition("=")[0].strip()
        if (of := re.search(f"-({ID})$", name)) and of[1] != lab and _begins(name, ours):
            names.setdefault(of[1], []).append(name)
    gone = [
        name for of in list(names)[: max(0, len(names) - MOST_OTHER_LABS)] for name in names[of]
    ]
    return [(name, PATHS[begin]) for name in gone for begin in PATHS if name.startswith(begin)]


def answered(
    cookies: Iterable[str], gone: Iterable[tuple[str, str]], lab: str, ours: tuple[str, ...]
) -> list[str]:
    """Return the ``Set-Cookie`` headers for the browser, from those that a handler has set.

    Args:
        cookies: the handler's cookies.
        gone: names and paths of cookies to delete with this answer.
        lab: the lab's id, from `classroom.runtime.credentials.lab_id`.
        ours: beginnings of the names to change.
    """
    found = []
    for cookie in cookies:
        name, equals, rest = cookie.partition("=")
        found.append(f"{outward(name, lab, ours)}{equals}{rest}")
    if found:
        found += [f'{name}=""; Max-Age=0; Path={path}; Secure' for name, path in gone]
    return found


class OwnCookies(httputil.HTTPMessageDelegate):
    """A request on its way to its handler; from here on its cookies have upstream's names."""

    def __init__(self, within: Any, connection: Any, lab: str, ours: tuple[str, ...]) -> None:
        """Wrap a handler's delegate.

        Args:
            within: the next delegate.
            connection: the request's `HTTP1Connection`, which also sends the answer.
            lab: the lab's id, from `classroom.runtime.credentials.lab_id`.
            ours: beginnings of the names to change.
        """
        self._within, self._connection = within, connection
        self._lab, self._ours = lab, ours
        self._gone: list[tuple[str, str]] = []
        self._write = connection.write_headers
        connection.write_headers = self._write_headers

    def headers_received(
        self,
        start_line: httputil.RequestStartLine | httputil.ResponseStartLine,
        headers: httputil.HTTPHeaders,
    ) -> Awaitable[None] | None:
        """Give the cookies upstream's names."""
        if header := headers.get("Cookie"):
            self._gone = superfluous(header, self._lab, self._ours)
            headers["Cookie"] = inward(header, self._lab, self._ours)
        answer: Awaitable[None] | None = self._within.headers_received(start_line, headers)
        return answer

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Pass a part of the body on."""
        answer: Awaitable[None] | None = self._within.data_received(chunk)
        return answer

    def finish(self) -> None:
        """Pass on that the body is complete."""
        self._within.finish()

    def on_connection_close(self) -> None:
        """Pass on that the connection is closed."""
        self._within.on_connection_close()

    def _write_headers(self, line: Any, headers: httputil.HTTPHeaders, *rest: Any) -> Any:
        """Give the answer's cookies the names for the browser."""
        # Only once for each request; a reference to itself would need the garbage collection.
        del self._connection.write_headers
        if cookies := headers.get_list("Set-Cookie"):
            del headers["Set-Cookie"]
            for cookie in answered(cookies, self._gone, self._lab, self._ours):
                headers.add("Set-Cookie", cookie)
        return self._write(line, headers, *rest)


def use(application: Any, lab: str, ours: tuple[str, ...]) -> None:
    """Change the names of cookies in all requests to a tornado application, and in its answers.

    Args:
        application: a `tornado.web.Application`, as for `classroom.runtime.body_limits.bound`.
        lab: the lab's id, from `classroom.runtime.credentials.lab_id`.
        ours: `OF_HUB` or `OF_LAB`.
    """
    start = application.start_request

    def start_request(server_connection: object, connection: Any) -> OwnCookies:
        return OwnCookies(start(server_connection, connection), connection, lab, ours)

    application.start_request = start_request
