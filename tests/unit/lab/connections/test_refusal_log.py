"""The log of refused requests: how many lines one person's requests take."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from classroom.lab.connections import refusal_log
from classroom.lab.connections.refusal_log import LINES, RefusalCounts


def test_so_many_lines_and_then_one() -> None:
    refusals = RefusalCounts()
    written = [refusals.note("ada", 404) for _ in range(1000)] + [refusals.note("ada", 413)]
    assert written.count(True) == LINES
    assert refusals.note("bea", 403), "another's have lines of their own"
    assert refusals.end("ada") == (
        f"{1001 - LINES} more refused requests of ada in 60 s (404: 1000, 413: 1)"
    )
    assert refusals.end("bea") == ""
    assert refusals.note("ada", 404), "the next minute"


def test_a_minute_begins_with_the_first() -> None:
    refusals = RefusalCounts()
    refusals.note("", 403)
    assert refusals.is_first("")
    refusals.note("", 403)
    assert not refusals.is_first("")
    for _ in range(LINES):
        refusals.note("", 403)
    assert "of people who aren't signed in" in refusals.end("")


def test_a_line_says_who_what_and_why() -> None:
    asked: Any = SimpleNamespace(
        method="GET", uri="/x" * 5000, remote_ip="::1", headers={}, request_time=lambda: 0.5
    )
    user = SimpleNamespace(username="ada")
    handler = SimpleNamespace(request=asked, current_user=user, get_status=lambda: 404)
    asked.uri = "/x"
    assert refusal_log.line(handler, "No\nsuch file") == (
        "404 GET /x (ada@::1) 500.00ms referer=None No such file"
    )
    asked.uri = "/x" * 5000
    assert len(refusal_log.line(handler, "why" * 5000)) < 1500


def test_upstreams_second_line_is_left_out() -> None:
    def record(words: str) -> logging.LogRecord:
        return logging.LogRecord("a", logging.WARNING, "", 0, words, ("b",), None)

    assert not refusal_log.not_said_before(record("wrote error: %r"))
    assert refusal_log.not_said_before(record("ran: %r"))


def test_a_request_that_is_refused_before_anybody_knows_whose_it_is() -> None:
    """A jupyter_server handler raises there; without our code the log would have stack traces."""

    class Early:
        request = SimpleNamespace(
            method="GET", uri="/x", remote_ip="::1", headers={}, request_time=lambda: 0.5
        )

        @property
        def current_user(self) -> Any:
            raise RuntimeError

        def get_status(self) -> int:
            return 403

    assert refusal_log.line(Early(), "") == "403 GET /x (@::1) 500.00ms referer=None"


@pytest.mark.parametrize(
    ("method", "path", "silent"),
    [
        ("GET", "/services/classroom/api/sessions", True),
        ("GET", "/services/classroom/api/contents", True),
        ("GET", "/services/classroom/lab/api/settings/@jupyterlab/notebook-extension:panel", True),
        ("PUT", "/services/classroom/lab/api/workspaces/default", True),
        ("PUT", "/services/classroom/lab/api/settings/@jupyterlab/apputils:themes", False),
        ("DELETE", "/services/classroom/lab/api/workspaces/default", False),
        ("GET", "/services/classroom/api/contents/exam.ipynb", False),
        ("GET", "/services/classroom/files/api/sessions/x", False),
        ("GET", "/services/classroom/api/contents/exam.ipynb?content=0&hash=0", True),
        ("GET", "/services/classroom/api/contents/exam.ipynb?x=content=0", False),
        ("GET", "/services/classroom/api/contents/a/exam.ipynb/checkpoints", True),
        ("POST", "/services/classroom/api/contents/a/exam.ipynb/checkpoints", False),
        ("GET", "/services/classroom/api/collaboration/room/json:notebook:1", True),
        ("GET", "/services/classroom/classroom/api/live", True),
        ("GET", "/services/classroom/terminals/websocket/1", False),
        ("POST", "/services/classroom/api/sessions", False),
        ("GET", "/services/classroom/lab/tree/a.ipynb", False),
    ],
)
def test_what_pages_ask_by_themselves_is_no_line(method: str, path: str, *, silent: bool) -> None:
    path, _, query = path.partition("?")
    assert refusal_log.is_by_itself(method, path, query) is silent
