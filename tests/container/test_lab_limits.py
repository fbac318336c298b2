"""Limits of personal labs and of rooms: code in one lab can't stop another lab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from classroom.config import limits
from classroom.config.limits import Limits
from tests import labs, own_labs
from tests.container.test_limits import meanwhile
from tests.own_labs import ask, enter, number
from tests.students import Student

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from testcontainers.core.network import Network

    from tests.labs import Lab
    from tests.pki import Authority

OF_ALL = Limits(processes=600, kernels=24)
CONFIG = f"""{own_labs.CONFIG}
c.Classroom.max_processes = {OF_ALL.processes}
c.Classroom.max_kernels = {OF_ALL.kernels}
"""
SHARE = limits.of_lab(OF_ALL, 1)
EXPECTED = (
    r"429 |processes are running|unresponsive",
    r"(kernel|terminal) [\w-]+ ended|Stopped a program that a kernel left behind",
)
BOMB = """
import os, time
end = time.time() + 120
while time.time() < end:
    try:
        os.fork()
    except OSError:
        time.sleep(0.5)
"""
"""Each of its processes starts others; once no more are allowed, it leaves the CPU to others. It
ends by itself."""
AT_MOST = 1500
"""The processes that Docker allows the container, in case a lab's own limit fails."""


@pytest.fixture(scope="module")
def lab(
    network: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    del github
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), CONFIG, authority)
    with labs.start(
        folder,
        network=network,
        options={"pids_limit": AT_MOST},
        expected=(*own_labs.EXPECTED, *EXPECTED),
    ) as made:
        made.wait_healthy()
        yield made


@pytest.fixture(scope="module")
def people(lab: Lab, github: Lab, authority: Authority) -> Iterator[dict[str, httpx.Client]]:
    """Two people who each have a lab, and a room that one of them has opened."""
    with own_labs.signed_in(lab, github, authority, "Octocat", "hubot") as found:
        enter(found["octocat"], own_labs.ROOM)
        for name, client in found.items():
            enter(client, name)
        yield found


@pytest.mark.parametrize("name", ["octocat", own_labs.ROOM])
def test_a_lab_has_its_share_of_terminals(people: dict[str, httpx.Client], name: str) -> None:
    """It may have as many terminals as kernels. The class may have four times as many."""
    enter(people["octocat"], name)
    for _ in range(SHARE.kernels):
        assert ask(people["octocat"], name, "POST", "api/terminals").is_success
    refused = ask(people["octocat"], name, "POST", "api/terminals")
    assert refused.status_code == 429
    assert "shut one down that nobody uses" in refused.json()["message"]
    for one in ask(people["octocat"], name, "GET", "api/terminals").json():
        ask(people["octocat"], name, "DELETE", f"api/terminals/{one['name']}")


def threads(lab: Lab, user: str) -> int:
    return sum(count for _, count in lab.processes("", user))


def test_a_fork_bomb_in_one_lab_stops_no_other(lab: Lab, people: dict[str, httpx.Client]) -> None:
    """While one lab uses all its processes, kernels start in another lab, the room and the class.

    Linux counts a user's processes on the whole machine: next to other tests the bomb gets fewer.
    """
    enter(people["octocat"], "octocat")
    bomb = own_labs.student(people["octocat"], lab, "octocat").kernel
    user = f"lab{number(lab, 'octocat')}"
    meanwhile(bomb, BOMB)
    labs.wait_until(lambda: threads(lab, user) > SHARE.processes // 2, "many processes")
    enter(people["hubot"], "hubot")
    enter(people["octocat"], own_labs.ROOM)
    for client, name in ((people["hubot"], "hubot"), (people["octocat"], own_labs.ROOM)):
        assert own_labs.student(client, lab, name).kernel.run("print(6 * 7)") == "42\n"
    in_class = Student(people["hubot"], lab, place="/data/files/attempts.py")
    assert in_class.kernel.run("print(6 * 7)") == "42\n"
    assert SHARE.processes // 2 < threads(lab, user) <= SHARE.processes
