"""A part hangs, or ends at once again and again: the supervisor notices, and no other part
suffers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from classroom.supervisor import liveness
from tests import labs, logs, students
from tests.container.test_rooms import API, Page, room

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.labs import Lab

PARTS = {
    "The lab": "classroom.lab --config",
    "The Hub": "classroom.hub --config",
    "The front (nginx)": "front.conf",
    "The egress proxy (nginx)": "egress.conf",
    "The launcher": "classroom.launcher",
    "The snapshot service": "classroom.snapshots",
}
EXPECTED = (
    r"has answered nothing for 20 s: killed|ended with -9: restarting it|is back",
    r"\[error\]|\[crit\]|\[alert\]|50[234] (GET|POST)|wrote error",
    r"AsyncIOLoopKernelRestarter|died, removing from map|Recovered what was typed last",
    logs.CUT,
    r"Event loop was unresponsive|can't be read",
)
SECONDS = 3 * liveness.SILENT_SECONDS
"""The time until the supervisor notices, and more for a busy machine."""


@pytest.fixture(scope="module")
def hanging() -> Iterator[Lab]:
    with labs.start(expected=EXPECTED) as lab:
        lab.wait_healthy()
        yield lab


def said(lab: Lab, words: str) -> int:
    return len(re.findall(re.escape(words), lab.log))


@pytest.mark.parametrize(
    "names",
    [
        ("The Hub", "The launcher"),
        ("The front (nginx)", "The snapshot service"),
        ("The egress proxy (nginx)",),
    ],
    ids=" and ".join,
)
def test_a_part_that_hangs_is_started_again(names: tuple[str, ...], hanging: Lab) -> None:
    """Two parts at a time take half as long; the test below covers the lab server."""
    before = {name: hanging.pid(PARTS[name]) for name in names}
    others = {one: hanging.pid(what) for one, what in PARTS.items() if one not in names}
    back = {name: said(hanging, f"{name} is back") for name in names}
    assert hanging.run("kill", "-STOP", *map(str, before.values()))[0] == 0
    for name in names:
        labs.wait_until(
            lambda: said(hanging, f"{name} is back") > back[name],  # noqa: B023
            f"{name} again",
            SECONDS,
        )
        assert hanging.pid(PARTS[name]) != before[name]
        assert said(hanging, f"{name} has answered nothing for 20 s: killed") == 1
    labs.wait_until(hanging.is_well, "all is well")
    assert {one: hanging.pid(PARTS[one]) for one in others} == others


def test_a_lab_server_that_hangs_loses_nothing_that_was_seen(hanging: Lab) -> None:
    with students.signed_in(hanging) as client:
        where = room(client, "loop.ipynb")
        page, other = (Page(students.open_socket(client, hanging, where)) for _ in range(2))
        page.type("seen")
        other.listen_until(lambda: str(other.source) == "seen")
        name = "The lab"
        before = hanging.pid(PARTS[name])
        others = {one: hanging.pid(what) for one, what in PARTS.items() if one != name}
        back = said(hanging, "The lab is back")
        page.type(" at once")
        other.listen_until(lambda: str(other.source) == "seen at once")
        assert hanging.run("kill", "-STOP", str(before))[0] == 0
        labs.wait_until(lambda: said(hanging, "The lab is back") > back, "the lab again", SECONDS)
        labs.wait_until(
            lambda: client.get(f"{API}/me").status_code == 200, "it answers", ignoring=labs.AWAY
        )
        fresh = Page(students.open_socket(client, hanging, where))
        fresh.listen_until(lambda: str(fresh.source) == "seen at once")
        assert hanging.pid(PARTS[name]) != before
        assert said(hanging, f"{name} has answered nothing for 20 s: killed") == 1
        labs.wait_until(hanging.is_well, "all is well")
        assert {one: hanging.pid(PARTS[one]) for one in others} == others


def test_what_dies_at_once_is_started_ever_more_rarely() -> None:
    """The supervisor started it five times a second, each time with a whole core's CPU time."""
    expected = (*EXPECTED, r"doesn't start|ended with")
    with labs.start(expected=expected) as lab:
        lab.wait_healthy()
        for times in range(1, 7):
            labs.wait_until(
                lambda: lab.run("pkill", "-KILL", "-f", "classroom.snapshots")[0] == 0, "it runs"
            )
            labs.wait_until(
                lambda: said(lab, "The snapshot service is back") >= times,  # noqa: B023
                "it again",
            )
        stamps = re.findall(
            r"(\d\d):(\d\d):(\d\d\.?\d*).*The snapshot service (ended|is back)", lab.log
        )
        seconds = [int(h) * 3600 + int(m) * 60 + float(s) for h, m, s, _ in stamps]
        pauses = [back - end for end, back in zip(seconds[::2], seconds[1::2], strict=True)]
        # The pauses are 0.2, 0.4, 0.8, 1.6, 3.2 and 5 s plus the start; the log has whole seconds.
        assert pauses[-1] >= liveness.MOST_SECONDS - 1
