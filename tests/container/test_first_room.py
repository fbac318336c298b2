"""The first room of a class without rooms appears as soon as the file is saved, and disappears with
its line."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from classroom.lab.people import page_socket
from tests import labs, own_labs, web
from tests.own_labs import ask, base, enter, is_open, look, number
from tests.students import open_socket, until_closed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from testcontainers.core.network import Network
    from websockets.sync.client import ClientConnection

    from tests.labs import Lab
    from tests.own_labs import People
    from tests.pki import Authority

ALGEBRA = "room.algebra"
FIRST = 'c.Classroom.rooms = {"algebra": ["Octocat"]}\n'
OWN = "c.Classroom.personal_labs = True\n"
CLASS = f"{labs.ADDRESS}/services/classroom"
PROCESSES = ("classroom.supervisor", "classroom.hub --", "classroom.launcher")
EXPECTED = (
    r"404 (GET|POST) /hub/|403 (GET|POST) /hub/|404 GET /services/classroom/classroom/api/labs",
    r"Not authorizing access to /hub/",
    own_labs.NEW_TOKENS,
)


@pytest.fixture(scope="module")
def lab(network: Network, github: Lab, authority: Authority, folder: Path) -> Iterator[Lab]:
    """A class without any other lab."""
    del github
    with own_labs.started(
        folder, authority, network, config=labs.GITHUB_CONFIG, expected=EXPECTED
    ) as made:
        yield made


@pytest.fixture(scope="module")
def people(lab: Lab, github: Lab, authority: Authority) -> Iterator[People]:
    with own_labs.signed_in(lab, github, authority, "Octocat", "hubot", "mona") as found:
        yield found


@pytest.fixture(autouse=True)
def none_before(lab: Lab, folder: Path) -> Iterator[None]:
    """Begin without labs; afterwards check that all processes from before still run."""
    running = {pid for one in PROCESSES for pid in lab.pids(one)}
    yield
    save(folder, "")
    now = {pid for one in PROCESSES for pid in lab.pids(one)}
    assert running <= now, "nothing was started again"


def save(folder: Path, lines: str) -> None:
    """Save the file as a tutor does."""
    (folder / "jupyterhub_config.py").write_text(f"{labs.GITHUB_CONFIG}\n{lines}")


def home(client: httpx.Client) -> str:
    return client.get(f"{labs.ADDRESS}/hub/home").text


def people_page(client: httpx.Client) -> dict[str, Any]:
    """Ask as the page *People* does."""
    headers = {
        "X-XSRFToken": str(web.cookie(client, "_xsrf").value),
        "Referer": f"{labs.ADDRESS}/hub/admin",
    }
    found = client.get(f"{labs.ADDRESS}/hub/api/classroom/people", headers=headers)
    assert found.is_success, found.text
    told: dict[str, Any] = found.json()
    return told


def has_menu(client: httpx.Client) -> bool:
    """Say whether a page of the class that is loaded now has the menu of labs."""
    page = client.get(f"{CLASS}/lab").text
    found = re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found is not None, page
    return bool(json.loads(found[1])["classroomLabs"])


def until_heard(socket: ClientConnection, *, several: bool) -> None:
    """Wait until the lab notifies an open page that there are labs, or none."""
    wanted = {"type": "labs", "several": several}
    while json.loads(socket.recv(timeout=60)) != wanted:
        pass


def shown_of_labs(lab: Lab, people: People) -> list[str]:
    """List every place where somebody sees anything of labs."""
    found = [f"home of {name}" for name, one in people.items() if "/hub/home" in home(one)]
    found += [f"menu of {name}" for name, one in people.items() if has_menu(one)]
    found += [
        f"{owner}'s address for {name}"
        for name, one in people.items()
        for owner in (ALGEBRA, "octocat")
        if look(one, owner).is_success
    ]
    asked = people["octocat"].get(
        f"{CLASS}/classroom/api/labs",
        headers={"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
    )
    found += ["the list"] if asked.status_code != 404 else []
    found += [f"People: {one}" for one in people_page(people["mona"]) if one != "people"]
    found += ["routes"] if lab.run("ls", "/run/classroom/routes")[1].strip() else []
    return found


def test_nothing_is_seen_of_labs_until_a_line_is_written(lab: Lab, people: People) -> None:
    assert shown_of_labs(lab, people) == []
    assert "There is no lab besides the class's" in lab.run("classroom", "labs")[1]
    assert "Go to the classroom" in home(people["octocat"])


def test_the_first_room_is_there_and_is_gone_with_its_line(
    lab: Lab, people: People, folder: Path
) -> None:
    """Its member may enter and nobody else; the class's open pages are told about it."""
    ada, bob = people["octocat"], people["hubot"]
    with open_socket(bob, lab, page_socket.ADDRESS, ahead=None) as of_class:
        save(folder, FIRST)
        until_heard(of_class, several=True)
        enter(ada, ALGEBRA)
        assert is_open(bob, ALGEBRA) is None
        assert look(bob, ALGEBRA).status_code in {403, 404}
        assert is_open(people["mona"], ALGEBRA) is not None
        assert "Room algebra" in home(ada)
        assert "Room algebra" not in home(bob)
        assert has_menu(ada)
        assert [one["name"] for one in people_page(people["mona"])["rooms"]] == ["algebra"]
        assert ada.get(f"{labs.ADDRESS}/hub/spawn/octocat").status_code in {403, 404}
        content = {"type": "file", "format": "text", "content": "kept"}
        saved = ask(ada, ALGEBRA, "PUT", "api/contents/kept.txt", json=content)
        assert saved.status_code == 201, saved.text
        own = number(lab, ALGEBRA)
        with open_socket(ada, lab, page_socket.ADDRESS, base=base(ALGEBRA)) as of_room:
            save(folder, "")
            until_heard(of_class, several=False)
            until_closed(of_room)
        assert of_class.close_code is None
    server = ("classroom.lab --config", f"lab{own}-server")
    labs.wait_until(lambda: not lab.pids(*server), "the room has stopped")
    labs.wait_until(lambda: "The room algebra is closed" in lab.log, "the Hub has closed it")
    labs.wait_until(lambda: not shown_of_labs(lab, people), "nothing is seen of labs")
    assert lab.read(f"/data/labs/{own}/files/kept.txt") == "kept"
    assert lab.run("classroom", "labs")[1].splitlines()[1].split()[:4] == [
        *(str(own), "room", "algebra", "closed")
    ]
    save(folder, FIRST)
    labs.wait_until(lambda: "Room algebra" in home(ada), "it is back")
    enter(ada, ALGEBRA)
    assert ask(ada, ALGEBRA, "GET", "api/contents/kept.txt").json()["content"] == "kept"


def test_labs_of_peoples_own_come_and_go_as_well(lab: Lab, people: People, folder: Path) -> None:
    ada, bob = people["octocat"], people["hubot"]
    save(folder, OWN)
    labs.wait_until(lambda: "Your lab" in home(ada), "the list")
    enter(ada, "octocat")
    assert is_open(bob, "octocat") is None
    assert is_open(people["mona"], "octocat") is not None
    content = {"type": "file", "format": "text", "content": "mine"}
    assert ask(ada, "octocat", "PUT", "api/contents/mine.txt", json=content).status_code == 201
    own = number(lab, "octocat")
    with open_socket(ada, lab, page_socket.ADDRESS, base=base("octocat")) as of_lab:
        save(folder, "")
        until_closed(of_lab)
    server = ("classroom.lab --config", f"lab{own}-server")
    labs.wait_until(lambda: not lab.pids(*server), "the lab has stopped")
    labs.wait_until(lambda: "The lab of octocat is closed" in lab.log, "the Hub has closed it")
    labs.wait_until(lambda: not shown_of_labs(lab, people), "nothing is seen of labs")
    save(folder, OWN)
    labs.wait_until(lambda: "Your lab" in home(ada), "the list")
    enter(ada, "octocat")
    assert ask(ada, "octocat", "GET", "api/contents/mine.txt").json()["content"] == "mine"


def test_assignments_are_in_labs_of_peoples_own_as_soon_as_there_are_some(
    people: People, folder: Path
) -> None:
    tutor = people["mona"]
    headers = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}

    def at_home() -> bool:
        found = tutor.get(f"{CLASS}/classroom/api/assignments", headers=headers)
        assert found.is_success, found.text
        return bool(found.json()["own"])

    labs.wait_until(lambda: not at_home(), "in the class")
    save(folder, OWN)
    labs.wait_until(at_home, "at home")
    save(folder, FIRST)
    labs.wait_until(lambda: not at_home(), "in the class")


def test_on_a_kernel_that_keeps_no_labs_apart_the_save_is_refused(
    network: Network, authority: Authority, tmp_path: Path
) -> None:
    """The tutor reads why at once, and not only at the next start."""
    denied = {"names": ["landlock_create_ruleset"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}
    profile = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [denied]}
    options = {"security_opt": [f"seccomp={json.dumps(profile)}"]}
    folder = labs.write_folder(tmp_path / "tutor", labs.GITHUB_CONFIG, authority)
    expected = ("this machine's kernel",)
    with labs.start(folder, network=network, plain=True, options=options, expected=expected) as old:
        old.wait_healthy()
        save(folder, FIRST)
        sentence = r"The configuration in use stays: .*can't keep labs apart: it has no Landlock"
        labs.wait_until(lambda: re.search(sentence, old.log), "the sentence")
