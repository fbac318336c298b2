"""Events, settings for all, and downloads: requests that a signed-in student's browser can send."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests import labs, students
from tests.container.test_access import is_out
from tests.container.test_rooms import API
from tests.container.test_view_only import Copy, entered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from websockets.sync.client import ClientConnection

    from tests.classrooms import Classroom

LAB = f"{labs.ADDRESS}{students.BASE}"
CONTENTS = "https://events.jupyter.org/jupyter_server/contents_service/v1"
AWARENESS = "https://schema.jupyter.org/jupyter_collaboration/awareness/v1"
SUBSCRIBE = "api/events/subscribe"
MB = 1024**2
REFUSED: tuple[tuple[str, str, Any], ...] = (
    ("PUT", "api/config/notebook", {"a": 1}),
    ("PATCH", "api/config/notebook", {"a": 1}),
    ("POST", "lab/api/build", {}),
    ("DELETE", "lab/api/build", None),
    ("POST", "lab/api/extensions", {"cmd": "install", "extension_name": "x"}),
    ("POST", "lab/api/plugins", {"cmd": "disable", "plugin_name": "x"}),
    ("PATCH", "api/me", {"name": "mona"}),
    ("POST", "api/security/csp-report", {"csp-report": "a line for the log"}),
    ("POST", "api/events", {"schema_id": CONTENTS, "version": "1", "data": {}}),
)


@pytest.fixture
def people(shared_classroom: Classroom) -> Iterator[Classroom]:
    shared_classroom.lab.expected += [
        "Nobody may do that here|Only a tutor may do that|404 GET .*contents/other.ipynb"
    ]
    yield entered(shared_classroom)
    shared_classroom.close()


def heard(socket: ClientConnection, until: str) -> list[dict[str, Any]]:
    """Read events until one has this action; return all of them."""
    found: list[dict[str, Any]] = []
    while not found or found[-1].get("action") != until:
        found.append(json.loads(socket.recv(timeout=students.SECONDS)))
    return found


def test_nobody_posts_events(people: Classroom) -> None:
    """A forged rename would move the text that people type to another file."""
    hubot = people.people["hubot"]
    path = people.room("hubot", "typed.ipynb")
    copy = Copy(people, "hubot", path)
    copy.write("before")
    for name in ("hubot", "mona"):
        made_up = {"action": "rename", "path": "other.ipynb", "source_path": "typed.ipynb"}
        body = {"schema_id": CONTENTS, "version": "1", "data": made_up}
        answer = people.people[name].post(f"{API}/events", json=body)
        assert answer.status_code == 403, answer.text
        assert "Nobody may do that here" in answer.json()["message"]
    copy.write("after")

    def saved() -> bool:
        return "after" in json.dumps(hubot.get(f"{API}/contents/typed.ipynb").json())

    labs.wait_until(saved, "what is typed, in its own file")
    assert hubot.get(f"{API}/contents/other.ipynb").status_code == 404


def test_a_socket_of_events_takes_none(people: Classroom) -> None:
    path = people.room("hubot", "said.ipynb")
    Copy(people, "hubot", path)
    socket, tutors = people.open("hubot", SUBSCRIBE), people.open("mona", SUBSCRIBE)
    data = {"action": "delete", "path": "said.ipynb"}
    socket.send(json.dumps({"schema_id": CONTENTS, "version": "1", "data": data}))
    rename(people, "said.ipynb", "renamed.ipynb")
    told = heard(tutors, "rename")
    assert not [one for one in told if one.get("action") == "delete"]


def rename(people: Classroom, path: str, to: str) -> None:
    """Have Octocat rename a file, which sends an event to tutors' pages.

    Args:
        people: the classroom.
        path: the file's path.
        to: its new path.
    """
    moved = people.people["Octocat"].patch(f"{API}/contents/{path}", json={"path": to})
    assert moved.status_code == 200, moved.text


def room_of(path: str) -> str:
    """Return a room's id from its address."""
    return path.rpartition("/")[2].partition("?")[0]


def test_students_do_not_learn_from_events_who_is_where(people: Classroom) -> None:
    path = people.room("Octocat", "secret.ipynb")
    student, tutor = people.open("hubot", SUBSCRIBE), people.open("mona", SUBSCRIBE)
    Copy(people, "Octocat", path)
    rename(people, "secret.ipynb", "moved.ipynb")
    told = heard(tutor, "rename")
    assert {CONTENTS, AWARENESS} <= {one["schema_id"] for one in told}
    # The lab sends an event to all pages in one step, so the answer to a ping comes after it.
    assert student.ping().wait(timeout=students.SECONDS)
    with pytest.raises(TimeoutError):
        student.recv(timeout=0)


def test_students_do_not_ask_where_a_room_is(people: Classroom) -> None:
    ident = room_of(people.room("Octocat", "asked.ipynb")).rpartition(":")[2]
    for query in (f"path?id={ident}", "id?path=asked.ipynb"):
        answer = people.people["hubot"].get(f"{API}/fileid/{query}")
        assert answer.status_code == 403
        assert answer.json()["message"] == "Only a tutor may do that."
        assert people.people["mona"].get(f"{API}/fileid/{query}").status_code == 200


@pytest.mark.parametrize("who", ["hubot", "mona"])
def test_nobody_changes_the_lab_for_all(people: Classroom, who: str) -> None:
    client = people.people[who]
    before = client.get(f"{API}/config/notebook").json()
    for method, path, body in REFUSED:
        answer = client.request(method, f"{LAB}/{path}", json=body)
        assert answer.status_code == 403, (method, path, answer.status_code)
        assert "a tutor changes it in jupyterhub_config.py" in answer.json()["message"]
    assert client.get(f"{API}/config/notebook").json() == before
    assert client.get(f"{LAB}/lsp/ws/anything").status_code == 403


SLOW_SECONDS = 0.05
"""The pause between two pieces that a slow reader reads."""


def test_a_download_ends_with_its_persons_access(restored_classroom: Classroom) -> None:
    people = entered(restored_classroom)
    people.lab.expected += [r"upstream prematurely closed|no longer admitted|wrote error"]
    size = 80 * MB
    made = (
        f"head -c {size} /dev/zero > /data/files/large.bin && chown student /data/files/large.bin"
    )
    assert people.lab.run("sh", "-c", made)[0] == 0
    hubot = people.people["hubot"]
    with hubot.stream("GET", f"{LAB}/files/large.bin", timeout=30) as answer:
        assert answer.status_code == 200, answer.read()
        pieces = answer.iter_bytes(64 * 1024)
        taken = len(next(pieces))
        people.save(users=["Octocat"])
        began = time.monotonic()
        with pytest.raises((httpx.HTTPError, ConnectionClosed)):  # noqa: PT012 (a slow reader)
            while True:
                taken += len(next(pieces, b"") or b"")
                if taken >= size:
                    break
                if time.monotonic() - began < 4:  # about 1 MB/s
                    time.sleep(SLOW_SECONDS)
    assert taken < size / 2
    labs.wait_until(lambda: is_out(hubot), "no access any more")
    people.reset()
