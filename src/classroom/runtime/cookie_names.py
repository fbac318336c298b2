"""Cookies under names of the lab's own.

Browsers don't keep the cookies of two ports of a host apart (RFC 6265, section 8.5). Hub and lab go
on using upstream's names. The names change where requests come in and answers go out, so no handler
can set or read a cookie under a name that another lab of the same host uses.
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
"""How the names begin that the lab server changes. Not `XSRF`: JupyterLab's pages read that one."""
OF_HUB = ("jupyterhub-", STATE, XSRF)
"""How the names begin that the Hub changes."""
MOST_OTHER_LABS = 5
"""Labs of the same host whose cookies a browser keeps: the front reads 8 kB of cookies at most."""
PATHS = {
    SESSION: "/",
    LOGIN: "/hub/",
    XSRF: "/hub/",
    STATE: "/hub/",
    TRIAL_NAME: "/hub/",
    OF_LAB[1]: PREFIX,
}
"""Where a cookie is, by how its name begins."""


def _begins(name: str, ours: tuple[str, ...]) -> bool:
    return name.removeprefix("__Host-").startswith(ours)


def outward(name: str, lab: str, ours: tuple[str, ...]) -> str:
    """Return the name under which a browser keeps a cookie.

    Args:
        name: upstream's.
        lab: from `classroom.runtime.credentials.lab_id`.
        ours: how the names begin that change.
    """
    return f"{name}-{lab}" if _begins(name, ours) else name


def inward(header: str, lab: str, ours: tuple[str, ...]) -> str:
    """Give a request's cookies the names that upstream knows them by.

    Leave out those under upstream's own names: they are another program's, or older than this.

    Args:
        header: ``Cookie``. What is in it more than once stays so.
        lab: from `classroom.runtime.credentials.lab_id`.
        ours: how the names begin that change.
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
    """List cookies of other labs that have to go, as names and paths.

    A host on which labs come and go would otherwise collect more than a request may have.

    Args:
        header: ``Cookie``, in which those that were set first come first (RFC 6265, section 5.4).
        lab: from `classroom.runtime.credentials.lab_id`.
        ours: how the names begin that change.
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
    """Return the ``Set-Cookie`` headers that a browser gets, for those that a handler has set.

    Args:
        cookies: the handler's.
        gone: names and paths of cookies that are cleared on this occasion.
        lab: from `classroom.runtime.credentials.lab_id`.
        ours: how the names begin that change.
    """
    found = []
    for cookie in cookies:
        name, equals, rest = cookie.partition("=")
        found.append(f"{outward(name, lab, ours)}{equals}{rest}")
    if found:
        found += [f'{name}=""; Max-Age=0; Path={path}; Secure' for name, path in gone]
    return found


class OwnCookies(httputil.HTTPMessageDelegate):
    """One request on its way to its handler, whose cookies have upstream's names from here on."""

    def __init__(self, within: Any, connection: Any, lab: str, ours: tuple[str, ...]) -> None:
        """Stand before a handler.

        Args:
            within: the next delegate.
            connection: the request's `HTTP1Connection`, over which it is answered.
            lab: from `classroom.runtime.credentials.lab_id`.
            ours: how the names begin that change.
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
        """Pass on that all is there."""
        self._within.finish()

    def on_connection_close(self) -> None:
        """Pass on that no more comes."""
        self._within.on_connection_close()

    def _write_headers(self, line: Any, headers: httputil.HTTPHeaders, *rest: Any) -> Any:
        """Give the answer's cookies the names that the browser keeps them by."""
        # Once for each request; what refers to itself would be left to the garbage collection.
        del self._connection.write_headers
        if cookies := headers.get_list("Set-Cookie"):
            del headers["Set-Cookie"]
            for cookie in answered(cookies, self._gone, self._lab, self._ours):
                headers.add("Set-Cookie", cookie)
        return self._write(line, headers, *rest)


def use(application: Any, lab: str, ours: tuple[str, ...]) -> None:
    """Change the names of cookies in all requests to a tornado application, and in its answers.

    Args:
        application: a `tornado.web.Application`, as `classroom.runtime.body_limits.bound` has it.
        lab: from `classroom.runtime.credentials.lab_id`.
        ours: `OF_HUB` or `OF_LAB`.
    """
    start = application.start_request

    def start_request(server_connection: object, connection: Any) -> OwnCookies:
        return OwnCookies(start(server_connection, connection), connection, lab, ours)

    application.start_request = start_request
