"""Which pages the lab tells who is here, where, and who ran what, and who may act on it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from websockets.exceptions import ConnectionClosed

from classroom.lab.api import driving
from classroom.lab.api.people import ADDRESS, RUNS
from tests import labs, students, web
from tests.container import test_view_only
from tests.container.test_execution import execute, until_idle
from tests.container.test_rooms import API
from tests.container.test_view_only import Page, channels, switch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.classrooms import Classroom

PLACE = {"type": "place", "path": "RTC:lesson.ipynb", "cell": "a1", "index": 2, "line": 0}
LAB = f"{labs.ADDRESS}{students.BASE}"
FOLLOWING = f"{LAB}/{driving.FOLLOWING}"
PEOPLE = f"{LAB}/{ADDRESS}"


@pytest.fixture
def people(shared_classroom: Classroom) -> Iterator[Classroom]:
    yield entered(shared_classroom)
    shared_classroom.close()
    switch(shared_classroom, view_only=False)
    shared_classroom.people["mona"].put(FOLLOWING, json={"follow": False})


@pytest.fixture
def changing(restored_classroom: Classroom) -> Iterator[Classroom]:
    """The same, for tests that change the list: restore the first one for the next test."""
    yield entered(restored_classroom)
    restored_classroom.reset()
    mona = entered(restored_classroom).people["mona"]
    assert mona.put(FOLLOWING, json={"follow": False}).status_code == 204


def entered(room: Classroom) -> Classroom:
    test_view_only.entered(room)
    room.lab.expected += ["follow must be|on the page People|There is no "]
    room.lab.expected += [r"40[034] (PUT|DELETE) /services/classroom/classroom/api/"]
    room.lab.expected += [r"40[34] (DELETE|POST) /hub/api/classroom", "Only the lab may ask"]
    for name in ("lesson", "tutor"):  # the lab announces only places in documents
        assert room.lab.run("touch", f"/data/files/{name}.ipynb", user="classroom")[0] == 0
    return room


def listed(page: Page, *names: str) -> dict[str, Any]:
    """Wait until a tutor's page lists exactly these people; return the list's entries."""
    while True:
        found = {one["name"]: one for one in page.hears(type="people")["people"]}
        if set(found) == set(names):
            return found


def move(page: Page, **more: Any) -> None:
    page.socket.send(json.dumps({**PLACE, **more}))


def test_tutors_are_told_who_is_here_and_where(people: Classroom) -> None:
    mona, hubot = Page(people, "mona"), Page(people, "hubot")
    listed(mona, "mona", "hubot")
    # Whatever name a page sends, the lab shows the signed-in user's name.
    move(hubot, name="octocat", username="octocat", display_name="mona", tutor=True)
    while not (found := listed(mona, "mona", "hubot")["hubot"])["path"]:
        continue
    assert (found["path"], found["cell"], found["index"]) == ("RTC:lesson.ipynb", "a1", 2)
    assert (found["username"], found["tutor"], found["viewOnly"]) == ("hubot", False, False)
    assert found["display_name"] != "mona"
    switch(people, view_only=True, name="hubot")
    while not listed(mona, "mona", "hubot")["hubot"]["viewOnly"]:
        continue
    move(hubot, cell="a2")  # people with view-only access are visible too
    while listed(mona, "mona", "hubot")["hubot"]["cell"] != "a2":
        continue
    hubot.socket.close()
    listed(mona, "mona")


def test_students_are_told_of_tutors_alone(people: Classroom) -> None:
    hubot, octocat = Page(people, "hubot"), Page(people, "Octocat")
    move(octocat)
    mona = Page(people, "mona")
    move(mona, path="RTC:tutor.ipynb")
    heard = []
    while True:
        found = json.loads(hubot.socket.recv(timeout=students.SECONDS))
        heard.append(found)
        if found["type"] == "leading" and any(one["path"] for one in found["leaders"]):
            break
    (leader,) = heard[-1]["leaders"]
    assert (leader["name"], leader["path"]) == ("mona", "RTC:tutor.ipynb")
    assert not [found for found in heard if found["type"] == "people"]
    assert "octocat" not in json.dumps(heard).lower()


def test_everybody_is_told_which_documents_are_open_and_no_more(people: Classroom) -> None:
    """A person who opens a document sees who is in it; the lab tells no page of cells or chats."""
    hubot = Page(people, "hubot")
    known = people.people["Octocat"].put(
        f"{API}/collaboration/session/Classroom.chat", json={"format": "text", "type": "chat"}
    )
    session = known.json()
    room = f"text:chat:{session['fileId']}?sessionId={session['sessionId']}"
    talk = people.open("Octocat", f"api/collaboration/room/{room}")
    socket = people.open("Octocat", people.room("Octocat", "shared.ipynb"))
    move(Page(people, "Octocat"), path="RTC:shared.ipynb", cell="secret1")
    one = {"path": "shared.ipynb", "people": ["octocat"], "count": 1}
    heard: list[dict[str, Any]] = []
    while one not in (found := hubot.hears(type="open"))["documents"]:
        heard.append(found)
    assert ".chat" not in json.dumps([*heard, found])
    assert "secret1" not in json.dumps([*heard, found])
    socket.close()
    while one in hubot.hears(type="open")["documents"]:
        continue
    talk.close()


def test_others_jump_to_documents_alone(people: Classroom) -> None:
    """A tutor's page can open the path that a page has sent only if it is a file of the class."""
    mona, hubot = Page(people, "mona"), Page(people, "hubot")
    for path in (
        "RTC:nowhere.ipynb",
        "RTC:../../etc/passwd",
        "RTC:/etc/passwd",
        "Other:lesson.ipynb",
        "RTC:./lesson.ipynb",
        "javascript:alert(1)",
    ):
        move(hubot)
        while not listed(mona, "mona", "hubot")["hubot"]["path"]:
            continue
        move(hubot, path=path)
        while listed(mona, "mona", "hubot")["hubot"]["path"]:
            continue


def test_nonsense_that_a_page_says_of_itself_is_passed_over(people: Classroom) -> None:
    mona, hubot = Page(people, "mona"), Page(people, "hubot")
    for word in ("", b"", "null", b"\xff" * 100, "[" * 60_000):
        hubot.socket.send(word)
    move(hubot, index=-1)
    move(hubot, index=5)
    while listed(mona, "mona", "hubot")["hubot"]["index"] != 5:
        continue


def say_too_much(page: Page) -> None:
    page.socket.send("x" * 5_000_000)
    while True:
        page.socket.recv(timeout=60)


def test_a_page_that_says_too_much_loses_its_own_connection_alone(people: Classroom) -> None:
    mona, hubot = Page(people, "mona"), Page(people, "hubot")
    with pytest.raises(ConnectionClosed):
        say_too_much(hubot)
    move(again := Page(people, "hubot"), index=5)
    while listed(mona, "mona", "hubot")["hubot"]["index"] != 5:
        continue
    again.socket.close()


def test_a_tutor_asks_all_to_follow(changing: Classroom) -> None:
    people = changing
    mona, hubot = people.people["mona"], Page(people, "hubot")
    Page(people, "mona")
    assert mona.put(FOLLOWING, json={"follow": True}).status_code == 204
    asked = hubot.hears(type="leading", asking="mona")["asked"]
    assert Page(people, "Octocat").hears(type="leading")["asking"] == "mona", "a new arrival"
    assert mona.put(FOLLOWING, json={"follow": False}).status_code == 204
    assert hubot.hears(type="leading", asking="")["asked"] > asked
    assert mona.put(FOLLOWING, json={"follow": True}).status_code == 204
    hubot.hears(type="leading", asking="mona")
    people.save(tutors=["octocat"], users=["octocat", "hubot", "mona"])
    hubot.hears(type="leading", asking="")  # a student can't lead anybody


def test_only_a_tutors_own_page_asks(people: Classroom) -> None:
    people.lab.expected += ["XSRF cookie does not match|'_xsrf' argument missing|'Not Found'"]
    mona, hubot = people.people["mona"], people.people["hubot"]
    for client, headers in (
        (hubot, {}),
        (mona, {"X-XSRFToken": "forged"}),
        (mona, {"Origin": "https://evil.classroom.test"}),
    ):
        answer = client.put(FOLLOWING, json={"follow": True}, headers=headers)
        assert answer.status_code in {403, 404}, headers
        answer = client.delete(f"{PEOPLE}/octocat", headers=headers)
        assert answer.status_code in {403, 404}, headers
    unclear: tuple[Any, ...] = ({}, [], {"follow": 1})
    for body in unclear:
        assert mona.put(FOLLOWING, json=body).status_code == 400
    assert Page(people, "hubot").hears(type="leading")["asking"] == ""
    assert people.people["Octocat"].get(f"{API}/me").status_code == 200, "is still here"


def test_a_tutor_removes_somebody(changing: Classroom) -> None:
    people = changing
    people.lab.expected += ["hubot is no longer admitted"]
    hubot, mona = Page(people, "hubot"), people.people["mona"]
    page = Page(people, "mona")
    listed(page, "mona", "hubot")
    assert mona.delete(f"{PEOPLE}/hubot").status_code == 204
    with pytest.raises(ConnectionClosed):
        hubot.hears(type="never said")
    listed(page, "mona")
    assert people.people["hubot"].get(f"{API}/me").status_code == 403
    assert "hubot" in people.refusal("hubot")
    people.page("POST", "users", usernames=["hubot"])
    assert people.enter("hubot").get(f"{API}/me").status_code == 200, "added in the page again"


def test_whom_a_tutor_cannot_remove_here(people: Classroom) -> None:
    """The lab's own token can remove students only."""
    mona = people.people["mona"]
    answer = mona.delete(f"{PEOPLE}/mona")
    assert (answer.status_code, "People" in answer.text) == (403, True), answer.text
    assert mona.delete(f"{PEOPLE}/nobody-there").status_code == 404
    # The Hub refuses everybody who isn't the lab, even a tutor.
    for login in ("mona", "hubot"):
        client = people.people[login]
        token = str(web.cookie(client, "_xsrf").value)
        headers = {"X-XSRFToken": token, "Referer": f"{labs.ADDRESS}/hub/home"}
        address = f"{labs.ADDRESS}/hub/api/classroom/people/octocat?by=mona"
        assert client.delete(address, headers=headers).status_code == 403
    with web.browser(people.lab.hosts, people.authority.crt) as nobody:
        assert nobody.delete(address).status_code == 403
    assert people.people["Octocat"].get(f"{API}/me").status_code == 200


def test_the_calls_are_documented(people: Classroom) -> None:
    code = "from classroom.lab.routes import HANDLERS; print(*(path for path, _ in HANDLERS))"
    status, printed = people.lab.run("/opt/classroom/bin/python", "-c", code)
    assert status == 0, printed
    ours = [path for path in printed.split() if path.startswith("classroom/")]
    named = yaml.safe_load((labs.ROOT / "docs/openapi.yaml").read_text())["paths"]
    parameter = re.compile(r"\([^)]*\)|\{[^}]*\}")
    documented = sorted(parameter.sub("*", path.strip("/")) for path in named)
    assert documented == sorted(parameter.sub("*", path) for path in ours)


def test_who_ran_which_cell(people: Classroom) -> None:
    people.room("hubot", "ran.ipynb")
    body = {"path": "ran.ipynb", "name": "", "type": "notebook", "kernel": {"name": "python3"}}
    kernel = people.people["hubot"].post(f"{API}/sessions", json=body).json()["kernel"]["id"]
    octocat = Page(people, "Octocat")
    socket = people.open("hubot", channels(kernel))
    until_idle(socket, execute(socket, "1", "cell-1"))
    (run,) = octocat.hears(type="ran")["runs"]
    assert (run["path"], run["cell"]) == ("ran.ipynb", "cell-1")
    until_idle(socket, execute(socket, "2", ""))  # without a cell, as from a console

    runs = f"{LAB}/{RUNS}?path=ran.ipynb"
    (known,) = people.people["Octocat"].get(runs).json()["runs"]
    assert known == {key: run[key] for key in ("cell", "who", "time")}
    names = {
        one["display_name"] for one in (people.people["hubot"].get(f"{API}/me").json()["identity"],)
    }
    assert {known["who"]} == names
    assert people.people["Octocat"].get(f"{LAB}/{RUNS}?path=no.ipynb").json() == {"runs": []}
    _, written = people.lab.run("cat", "/data/files/ran.ipynb")
    assert known["who"] not in written, "nothing of it is in the file"
    assert "hubot runs cell cell-1 in kernel" in people.lab.log
    with web.browser(people.lab.hosts, people.authority.crt) as nobody:
        nobody.headers["Sec-Fetch-Mode"] = "cors"
        assert nobody.get(runs).status_code == 403
