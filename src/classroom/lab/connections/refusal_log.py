"""Log rejected requests: one line for each, and a limited number a minute for each person.

Upstream writes three lines. A loop of rejected requests would push important lines out of the log,
such as those on who ran what.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jupyterhub.metrics import prometheus_log_method

from classroom.lab.connections.registry import name_of
from classroom.lab.upstream import patches

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

LINES = 20
"""Most lines for one person in `SECONDS`; everybody without a sign-in counts as one person."""
SECONDS = 60.0
ADDRESS_CHARACTERS, REASON_CHARACTERS = 1000, 300
"""Most characters of a request's address, and of a reason."""
SAID_BEFORE = "wrote error: %r"
"""Upstream's second line on an error of its API."""
ASKED_BY_PAGES = re.compile(
    r"/.*/(api/(contents|kernels|kernelspecs|me|nbconvert|sessions|terminals)|kernelspecs/.*"
    r"|lab/api/(settings|translations|workspaces)(/.*)?|lsp/status|classroom/api/runs"
    r"|api/contents/.*/checkpoints)/?"
)
"""Addresses that every page requests when it opens, or repeatedly. The lab doesn't log their good
answers: a class would write 40 lines a second, and wait for the log's reader."""
SOCKETS = re.compile(
    r"/.*/(api/(collaboration/room/.*|events/subscribe|kernels/[^/]+/channels)|classroom/api/live)"
)
"""Addresses of the sockets that every page opens. Opening a document is logged by another request,
which asks for its room."""
GOOD = frozenset(
    {
        HTTPStatus.SWITCHING_PROTOCOLS,
        HTTPStatus.OK,
        HTTPStatus.NO_CONTENT,
        HTTPStatus.NOT_MODIFIED,
    }
)
NOBODY = "people who aren't signed in"


class RefusalCounts:
    """Count each person's rejected requests since their minute began.

    For one event loop; not safe for threads.
    """

    def __init__(self) -> None:
        self._counts: dict[str, Counter[int]] = {}

    def note(self, name: str, status: int) -> bool:
        """Count a rejected request; say whether to write its line.

        Args:
            name: the person's name.
            status: the HTTP status.
        """
        counts = self._counts.setdefault(name, Counter())
        written = counts.total() < LINES
        counts[status] += 1
        return written

    def is_first(self, name: str) -> bool:
        """Say whether the last counted request is the first of a minute."""
        return self._counts[name].total() == 1

    def end(self, name: str) -> str:
        """End a person's minute; return the line on requests without a line, "" if there are none.

        Args:
            name: the person's name.
        """
        counts = self._counts.pop(name, Counter())
        left = counts.total() - LINES
        if left <= 0:
            return ""
        kinds = ", ".join(f"{status}: {count}" for status, count in sorted(counts.items()))
        return f"{left} more refused requests of {name or NOBODY} in {SECONDS:.0f} s ({kinds})"


def line(handler: Any, reason: str) -> str:
    """Return the line on a rejected request.

    Args:
        handler: the handler that has answered.
        reason: why, or "".
    """
    request = handler.request
    name = name_of(handler)
    took = 1000 * request.request_time()
    found = f"{handler.get_status()} {request.method} {request.uri} ({name}@{request.remote_ip})"
    found = f"{found} {took:.2f}ms referer={request.headers.get('Referer', 'None')}"
    return f"{found[:ADDRESS_CHARACTERS]} {' '.join(reason[:REASON_CHARACTERS].split())}".rstrip()


def is_by_itself(method: str | None, path: str, query: str = "") -> bool:
    """Say whether a page sends a request without a person's action.

    Args:
        method: the HTTP method; a page writes its window layout without a person's action.
        path: the request's path.
        query: the request's query, without the question mark. A page checks whether a file exists,
            without its content.
    """
    if method == "PUT":
        return "/lab/api/workspaces/" in path and ASKED_BY_PAGES.fullmatch(path) is not None
    looks = "/api/contents/" in path and "content=0" in query.split("&")
    known = ASKED_BY_PAGES.fullmatch(path) or SOCKETS.fullmatch(path)
    return method == "GET" and (looks or known is not None)


def not_said_before(record: logging.LogRecord) -> bool:
    """Say whether a record isn't upstream's second line on a rejected request."""
    return record.msg != SAID_BEFORE


class RefusalLog:
    """Writes the lines on requests."""

    def __init__(self, log: logging.Logger, upstreams: Callable[[Any], None]) -> None:
        """Start without rejected requests.

        Args:
            log: the log to write to.
            upstreams: logs all other requests, and those that the server couldn't answer.
        """
        self._log, self._upstreams = log, upstreams
        self._refusals = RefusalCounts()

    def use(self, settings: dict[str, Any]) -> None:
        """Log all requests to a server; `patches.keep_refusals` must store the reasons.

        Args:
            settings: the settings of its `tornado.web.Application`.
        """
        settings["log_function"] = self.write
        self._log.addFilter(not_said_before)

    def write(self, handler: Any) -> None:
        """Log an answered request; tornado calls this on the event loop.

        Args:
            handler: the handler that has answered.
        """
        status, request = handler.get_status(), handler.request
        if status in GOOD and is_by_itself(request.method, request.path, request.query):
            prometheus_log_method(handler)
            return
        if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            self._upstreams(handler)
            return
        name = name_of(handler)
        if self._refusals.note(name, status):
            self._log.warning("%s", line(handler, patches.refusal_of(handler)))
        if self._refusals.is_first(name):
            asyncio.get_running_loop().call_later(SECONDS, self._end, name)
        prometheus_log_method(handler)

    def _end(self, name: str) -> None:
        if left := self._refusals.end(name):
            self._log.warning("%s", left)
