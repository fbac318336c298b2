"""Rooms: who may enter by name, organization and team, and in which role, as the file is saved."""

from __future__ import annotations

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

ALGEBRA, PHYSICS = "room.algebra", "room.physics"
FIRST = {"algebra": {"edit": ["Octocat", "moon:crew"], "view": ["hubot"]}}
WRITTEN = (200, 201)
"""The status for an existing file, and for a new one."""
EXPECTED = (
    r"The configuration in use stays",
    r"403 (PUT|DELETE|POST) |404 (GET|DELETE) /hub/|403 GET /hub/|409 PUT ",
    r"Not authorizing access to /hub/",
    r"No Hub user identified|Token stored in cookie may have expired",
)


def config(rooms: Any, more: str = "") -> str:
    usual = "c.Classroom.snapshot_interval = 600"  # a test restores one
    return f"{labs.GITHUB_CONFIG}\n{usual}\nc.Classroom.rooms = {rooms!r}\n{more}"


@pytest.fixture(scope="module")
def lab(network: Network, github: Lab, authority: Authority, folder: Path) -> Iterator[Lab]:
    """A lab with a room, where nobody has a lab of their own."""
    del github
    with own_labs.started(
        folder, authority, network, config=config(FIRST), expected=EXPECTED
    ) as made:
        yield made


@pytest.fixture(scope="module")
def people(lab: Lab, github: Lab, authority: Authority) -> Iterator[People]:
    """The listed people, two members of an organization, one of them in a team, and a tutor."""
    logins = ("Octocat", "hubot", "astronaut", "twin", "mona")
    with own_labs.signed_in(lab, github, authority, *logins) as found:
        enter(found["octocat"], ALGEBRA)
        yield found


def page_of(client: httpx.Client, lab: Lab, room: str) -> ClientConnection:
    return open_socket(client, lab, "classroom/api/live", base=base(room))


def xsrf(client: httpx.Client, room: str) -> None:
    client.headers["X-XSRFToken"] = str(client.cookies.get("_xsrf", path=f"{base(room)}/"))


def write(client: httpx.Client, room: str, name: str) -> int:
    xsrf(client, room)
    content = {"type": "file", "format": "text", "content": name}
    return ask(client, room, "PUT", f"api/contents/{name}", json=content).status_code


def home(client: httpx.Client) -> str:
    return client.get(f"{labs.ADDRESS}/hub/home").text


def listed(lab: Lab) -> list[list[str]]:
    return [line.split() for line in lab.run("classroom", "labs")[1].splitlines()[1:]]


def test_members_enter_by_name_and_by_team_and_nobody_else(lab: Lab, people: People) -> None:
    for name in ("octocat", "astronaut", "hubot", "mona"):
        assert is_open(people[name], ALGEBRA) is not None, name
        assert "Room algebra" in home(people[name])
    assert is_open(people["twin"], ALGEBRA) is None
    assert look(people["twin"], ALGEBRA).status_code in {403, 404}
    assert "Room algebra" not in home(people["twin"])
    assert write(people["astronaut"], ALGEBRA, "crew.txt") == 201
    own = number(lab, ALGEBRA)
    assert lab.read(f"/data/labs/{own}/files/crew.txt") == "crew.txt"
    assert listed(lab)[0][:3] == [str(own), "room", "algebra"]


def people_page(client: httpx.Client) -> httpx.Response:
    """Request the people as the page *People* does."""
    headers = {
        "X-XSRFToken": str(web.cookie(client, "_xsrf").value),
        "Referer": f"{labs.ADDRESS}/hub/admin",
    }
    return client.get(f"{labs.ADDRESS}/hub/api/classroom/people", headers=headers)


def test_the_page_people_shows_rooms_to_tutors_alone(lab: Lab, people: People) -> None:
    """It shows members by name and by team, what else the file names, and who is in the room."""

    def room() -> dict[str, Any]:
        (found,) = people_page(people["mona"]).json()["rooms"]
        assert isinstance(found, dict)
        return found

    found = room()
    assert found["members"] == {"astronaut": "edit", "hubot": "view", "octocat": "edit"}
    assert found["named"] == {"moon:crew": "edit"}
    assert (found["address"], found["running"]) == (f"{base(ALGEBRA)}/lab", True)
    with open_socket(people["hubot"], lab, page_socket.ADDRESS, base=base(ALGEBRA)):
        labs.wait_until(lambda: room()["here"] == ["hubot"], "who is there")
    told = people_page(people["mona"]).json()
    assert told["groups"] == []
    assert '"algebra": {"edit": ["moon:crew", "octocat"], "view": ["hubot"]}' in told["lines"]
    for name in ("octocat", "hubot", "astronaut", "twin"):
        refused = people_page(people[name])
        assert refused.status_code == 403, name
        assert "algebra" not in refused.text


def test_tutors_drive_and_no_member_does(people: People) -> None:
    for name in ("octocat", "hubot", "mona"):
        found = ask(people[name], ALGEBRA, "GET", "classroom/api/driving")
        assert found.status_code == (200 if name == "mona" else 403), name
    xsrf(people["mona"], ALGEBRA)
    wanted = {"viewOnly": False}
    told = ask(people["mona"], ALGEBRA, "PUT", "classroom/api/driving/hubot", json=wanted)
    assert told.status_code == 409
    assert "is view-only in this room" in told.text


def test_a_member_can_stop_no_room_and_nobody_has_a_lab_of_their_own(people: People) -> None:
    ada = people["octocat"]
    page = ada.get(f"{labs.ADDRESS}/hub/home")
    assert 'data-stop="room.algebra"' not in page.text
    token = page.text.split('xsrf_token: "')[1].split('"')[0]
    headers = {"X-XSRFToken": token, "Sec-Fetch-Mode": "cors", "Referer": str(page.url)}
    for owner in (ALGEBRA, "octocat"):
        address = f"{labs.ADDRESS}/hub/api/users/{owner}/server"
        assert ada.delete(address, headers=headers).status_code in {403, 404}
    assert ada.get(f"{labs.ADDRESS}/hub/spawn/octocat").status_code in {403, 404}


def test_who_only_views_writes_nothing_until_the_role_has_changed(
    lab: Lab, people: People, folder: Path
) -> None:
    """The page's socket stays open meanwhile."""
    file = folder / "jupyterhub_config.py"
    assert ask(people["hubot"], ALGEBRA, "GET", "api/contents").status_code == 200
    assert write(people["hubot"], ALGEBRA, "no.txt") == 403
    with page_of(people["hubot"], lab, ALGEBRA) as socket:
        file.write_text(config({"algebra": ["octocat", "moon:crew", "hubot"]}))
        labs.wait_until(lambda: write(people["hubot"], ALGEBRA, "yes.txt") == 201, "edit")
        file.write_text(config(FIRST))
        labs.wait_until(lambda: write(people["hubot"], ALGEBRA, "yes.txt") == 403, "view")
        assert socket.close_code is None


def test_what_is_wrong_changes_nothing(lab: Lab, people: People, folder: Path) -> None:
    file = folder / "jupyterhub_config.py"
    file.write_text(config({"algebra": "hubot"}))
    labs.wait_until(lambda: "'hubot' is a text, not a list" in lab.log, "the sentence")
    assert is_open(people["octocat"], ALGEBRA) is not None
    assert write(people["hubot"], ALGEBRA, "no.txt") == 403
    file.write_text(config(FIRST))


def test_who_is_removed_is_out_and_a_new_room_is_there(
    lab: Lab, people: People, folder: Path
) -> None:
    """The people who stay keep their sockets."""
    file = folder / "jupyterhub_config.py"
    with (
        page_of(people["astronaut"], lab, ALGEBRA) as theirs,
        page_of(people["octocat"], lab, ALGEBRA) as others,
    ):
        file.write_text(config({"algebra": ["octocat"], "physics": ["twin", "moon"]}))
        until_closed(theirs)
        assert others.close_code is None
    assert is_open(people["astronaut"], ALGEBRA) is None
    enter(people["twin"], PHYSICS)
    assert is_open(people["astronaut"], PHYSICS) is not None  # as a member of the organization
    assert is_open(people["octocat"], PHYSICS) is None
    assert number(lab, PHYSICS) != number(lab, ALGEBRA)
    shown = {one["name"]: one["members"] for one in people_page(people["mona"]).json()["rooms"]}
    assert shown == {
        "algebra": {"octocat": "edit"},
        "physics": {"astronaut": "edit", "twin": "edit"},
    }


def test_a_room_that_is_gone_from_the_file_is_closed_and_has_its_files_when_it_is_back(
    lab: Lab, people: People, folder: Path
) -> None:
    file, own = folder / "jupyterhub_config.py", number(lab, ALGEBRA)
    assert write(people["octocat"], ALGEBRA, "kept.txt") == 201
    with page_of(people["octocat"], lab, ALGEBRA) as theirs:
        file.write_text(config({"physics": ["twin", "moon"]}))
        until_closed(theirs)
    server = ("classroom.lab --config", f"lab{own}-server")
    labs.wait_until(lambda: not lab.pids(*server), "the room has stopped")
    labs.wait_until(lambda: "The room algebra is closed" in lab.log, "the Hub has closed it")
    assert lab.read(f"/data/labs/{own}/files/kept.txt") == "kept.txt"
    assert next(row for row in listed(lab) if row[2] == "algebra")[:4] == [
        *(str(own), "room", "algebra", "closed")
    ]
    assert "Room algebra" not in home(people["octocat"])
    file.write_text(config(FIRST))
    labs.wait_until(lambda: "Room algebra" in home(people["octocat"]), "it is back")
    enter(people["octocat"], ALGEBRA)
    assert number(lab, ALGEBRA) == own
    xsrf(people["octocat"], ALGEBRA)
    told = ask(people["octocat"], ALGEBRA, "GET", "api/contents/kept.txt")
    assert told.json()["content"] == "kept.txt"


def test_a_tutor_goes_back_to_a_snapshot_of_a_room(lab: Lab, people: People) -> None:
    """It is the snapshot that was made when the room was stopped."""
    enter(people["octocat"], ALGEBRA)
    assert write(people["octocat"], ALGEBRA, "kept.txt") in WRITTEN
    assert lab.run("classroom", "lab", "stop", "algebra")[0] == 0
    enter(people["octocat"], ALGEBRA)
    made = labs.wait_until(
        lambda: lab.run("classroom", "snapshots", "--lab", "algebra")[1].splitlines()[1:],
        "the snapshot",
    )
    place = f"/data/labs/{number(lab, ALGEBRA)}/files/kept.txt"
    assert lab.run("sh", "-c", f"echo spoilt > {place}")[0] == 0
    one = made[-1].split()[0]
    status, said = lab.run("classroom", "restore", one, "kept.txt", "--lab", "algebra")
    assert status == 0, said
    assert lab.read(place) == "kept.txt"


def test_a_hub_that_starts_again_knows_who_belongs_where(
    lab: Lab, people: People, folder: Path
) -> None:
    """All connections stay open meanwhile, and a room that leaves the file meanwhile is closed."""
    lab.expected += [r"The Hub ended with -9", r"is back", r"\[crit\]|\[error\]|\[front\]"]
    lab.expected += [r"Deleting role classroom.room.algebra"]
    with page_of(people["octocat"], lab, ALGEBRA) as theirs:
        assert lab.run("pkill", "-KILL", "-f", "classroom.hub --")[0] == 0
        labs.wait_until(
            lambda: "Room algebra" in home(people["octocat"]), "the Hub", ignoring=labs.AWAY
        )
        assert theirs.close_code is None
        assert write(people["octocat"], ALGEBRA, "kept.txt") in WRITTEN
        (folder / "jupyterhub_config.py").write_text(config({"physics": ["moon"]}))
        lab.run("pkill", "-KILL", "-f", "classroom.hub --")
        own = number(lab, ALGEBRA)
        labs.wait_until(
            lambda: not lab.pids("classroom.lab --config", f"lab{own}-server"), "it is closed"
        )
