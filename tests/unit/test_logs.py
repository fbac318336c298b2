"""Which records of a lab's log fail a test."""

from __future__ import annotations

import pytest

from tests import logs

TIME = "2026-01-01 00:00:00.000"
REFUSED = f"[W {TIME} ServerApp] 403 GET /services/classroom/api/x (@192.88.99.1) 1.95ms\n"
FAILED = f"""[E {TIME} ServerApp] Uncaught exception in write_error
    Traceback (most recent call last):
    RuntimeError: of a known kind
"""
ANSWERED = '[front] 192.88.99.1 "GET /services/classroom/api/x" 403 0.002\n'
HEAD, TAIL = FAILED.split("\n", 1)
ASKING = (
    "2026/01/01 00:00:00 [error] 26#26: *32 {}, client: 192.88.99.36, "
    'upstream: "http://unix:/run/classroom/lab/lab.sock:/services/classroom/api/contents"\n'
)


def test_what_is_known_is_told_from_what_isnt() -> None:
    log = f"[I {TIME} ServerApp] nothing\n{REFUSED}{FAILED}"
    assert logs.unexpected(log) == [REFUSED.rstrip(), FAILED.rstrip()]
    assert logs.unexpected(log, ("403 GET",)) == [FAILED.rstrip()]
    assert logs.unexpected(log, ("403 GET", "(?s)write_error.*known kind")) == []


def test_an_answer_between_its_lines_doesnt_end_a_record() -> None:
    log = f"{HEAD}\n{ANSWERED}{TAIL}{REFUSED}"
    assert logs.unexpected(log, ("403 GET", "(?s)write_error.*known kind")) == []
    assert logs.unexpected(log, ("403 GET",)) == [FAILED.rstrip()]


@pytest.mark.parametrize(
    "what",
    [
        "writev() failed (32: Broken pipe) while sending request to upstream",
        "recv() failed (104: Connection reset by peer) while proxying upgraded connection",
        "connect() to unix:/x failed (111: Connection refused) while connecting to upstream",
        "upstream prematurely closed connection while reading response header from upstream",
    ],
)
def test_what_was_asked_of_a_lab_that_was_killed_is_known(what: str) -> None:
    log = ASKING.format(what)
    assert logs.unexpected(log, logs.FALLEN) == []
    assert logs.unexpected(log) == [log.rstrip()]
    assert logs.unexpected(log.replace("lab.sock", "hub.sock"), logs.FALLEN)


def test_a_lab_that_doesnt_answer_is_no_lab_that_was_killed() -> None:
    log = ASKING.format("upstream timed out (110: Connection timed out)")
    assert logs.unexpected(log, logs.FALLEN) == [log.rstrip()]


@pytest.mark.parametrize(
    "what",
    [
        "RuntimeWarning: ZMQStream only supports the base zmq.Socket class.",
        "UserWarning: Unregistering FD 74 after closing socket. This could result in",
    ],
)
def test_a_socket_that_is_closed_under_the_event_loop_is_no_other_records_line(what: str) -> None:
    warning = f"/site-packages/zmq/eventloop/zmqstream.py:557: {what}\n"
    assert logs.unexpected(f"{REFUSED}{warning}", ("403 GET",)) == [warning.rstrip()]
