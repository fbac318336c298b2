"""Assignments in labs of people's own: handed out, looked at, handed in and collected by a tutor in
the class; and what a student, or a student's lab, puts in the way."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from tests import labs, own_labs, students
from tests.assignments import OURS, archive, hand_out, rows
from tests.own_labs import ask, base, enter, number, token_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from testcontainers.core.network import Network

    from tests.labs import Lab
    from tests.own_labs import People
    from tests.pki import Authority

MINE = "classroom/api/my/assignments"
KEPT = "/data/history/assignments"
PYTHON = "/opt/classroom/bin/python"
EXPECTED = (
    r"4(00|03|04|09|13) (GET|POST) /(services/classroom|user/\w+|hub)/",
    r"wrote error: '|Not authorizing access",
)


@pytest.fixture(scope="module")
def lab(network: Network, github: Lab, authority: Authority, folder: Path) -> Iterator[Lab]:
    del github
    with own_labs.started(folder, authority, network, expected=EXPECTED) as made:
        yield made


@pytest.fixture(scope="module")
def people(lab: Lab, github: Lab, authority: Authority) -> Iterator[People]:
    """A tutor in the class, a student who has opened a lab, and a student who signs in later."""
    with own_labs.signed_in(lab, github, authority, "mona", "Octocat") as found:
        enter_class(found["mona"])
        enter(found["octocat"], "octocat")
        yield found


def enter_class(client: httpx.Client) -> None:
    page = client.get(f"{labs.ADDRESS}{students.BASE}/lab")
    assert page.is_success, page.text
    token = client.cookies.get("_xsrf", path=f"{students.BASE}/")
    client.headers["X-XSRFToken"] = str(token)


@pytest.fixture(scope="module")
def mona(people: People) -> httpx.Client:
    return people["mona"]


@pytest.fixture(scope="module")
def octocat(people: People) -> httpx.Client:
    return people["octocat"]


@pytest.fixture(scope="module")
def later(lab: Lab, mona: httpx.Client, github: Lab, authority: Authority) -> Iterator[None]:
    """Sign hubot in, who opens no lab, and hand out a copy; before, the account is unknown."""
    write(lab, "first.txt", "first")
    outcome = hand_out(mona, "first", "first.txt")
    assert outcome["done"] == ["octocat"]
    assert "signed in" in outcome["left"]["hubot"]
    assert rows(mona, "first")["hubot"]["has"] == "none"
    with own_labs.sign_in(lab, github, authority.crt, "hubot"):
        assert hand_out(mona, "first", "first.txt")["done"] == ["hubot"]
        yield


def write(lab: Lab, path: str, text: str) -> None:
    """Write a file of the class."""
    place = shlex.quote(f"/data/files/{path}")
    script = f'umask 002; mkdir -p "$(dirname {place})"; printf %s {shlex.quote(text)} > {place}'
    status, said = lab.run("sh", "-c", script, user="student")
    assert status == 0, said


def in_lab(lab: Lab, name: str, script: str, *, server: bool = False) -> str:
    """Run a shell command in a person's lab, as its code, or as a server that was taken over."""
    own = number(lab, name)
    group = 20000 + 4 * own
    user = f"{group if server else group + 1}:{group}"
    folder = f"/data/labs/{own}/{'history/assignments' if server else 'files'}"
    status, said = lab.run("sh", "-c", f"umask 002; cd {folder} && {script}", user=user)
    assert status == 0, said
    return said


def read(lab: Lab, name: str, path: str) -> str:
    return lab.read(f"/data/labs/{number(lab, name)}/files/{path}")


def carry(lab: Lab, order: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Copy a folder as the supervisor does, without the lab server's consent."""
    text = shlex.quote(json.dumps(order))
    command = f"printf %s {text} | {PYTHON} -I -m classroom.supervisor.carrier"
    found: dict[str, dict[str, Any]] = lab.answer("sh", "-c", command)
    return found


def test_a_rooms_members_are_listed_for_the_dialog(mona: httpx.Client) -> None:
    found = mona.get(OURS).json()
    assert [one["name"] for one in found["students"]] == ["hubot", "octocat"]
    assert found["rooms"] == [{"name": "maths", "members": ["hubot", "octocat"]}]


@pytest.mark.usefixtures("later")
def test_each_gets_a_copy_in_their_own_lab_though_it_does_not_run(
    lab: Lab, mona: httpx.Client
) -> None:
    write(lab, "week1/task.txt", "the task")
    write(lab, "week1/data/numbers.csv", "1,2,3")
    outcome = hand_out(mona, "week1", "week1")
    assert (outcome["done"], outcome["left"]) == (["hubot", "octocat"], {})
    for name in ("octocat", "hubot"):
        assert read(lab, name, "week1/task.txt") == "the task"
        assert read(lab, name, "week1/data/numbers.csv") == "1,2,3"
        # The owner's programs can write to it, and nobody else can.
        in_lab(lab, name, "printf x >> week1/task.txt; printf x > week1/data/new.txt")
    assert lab.run("test", "-e", "/data/files/students")[0] != 0
    own = number(lab, "hubot")
    assert not lab.pids("classroom.lab --config", f"lab{own}-server")
    # What a student already has stays; what is missing is added.
    in_lab(lab, "octocat", "rm week1/data/numbers.csv")
    outcome = hand_out(mona, "week1", "week1")
    assert (outcome["done"], outcome["unchanged"]) == (["octocat"], ["hubot"])
    assert read(lab, "octocat", "week1/task.txt") == "the taskx"
    found = rows(mona, "week1")
    assert [found[name]["has"] for name in ("octocat", "hubot")] == ["copy", "copy"]
    assert found["octocat"]["changed"] is not None
    assert found["octocat"]["address"].endswith("/user/octocat/lab/tree/week1")


@pytest.mark.usefixtures("later")
def test_what_is_a_students_own_stays_and_the_table_says_so(lab: Lab, mona: httpx.Client) -> None:
    write(lab, "own.txt", "task")
    in_lab(lab, "octocat", "mkdir own; printf private > own/diary.txt")
    in_lab(lab, "hubot", "ln -s /data/history own")
    outcome = hand_out(mona, "own", "own.txt")
    assert outcome["done"] == []
    assert all("stays" in outcome["left"][name] for name in ("octocat", "hubot")), outcome
    assert in_lab(lab, "octocat", "ls own").split() == ["diary.txt"]
    assert {row["has"] for row in rows(mona, "own").values()} == {"other"}
    assert archive(mona, "own", missing=True) == {}


@pytest.mark.usefixtures("later")
def test_the_owner_hands_in_and_the_tutor_collects(
    lab: Lab, mona: httpx.Client, octocat: httpx.Client
) -> None:
    write(lab, "ps/task.txt", "task")
    hand_out(mona, "ps", "ps")
    in_lab(lab, "octocat", "printf answer > ps/task.txt; ln -s /etc/passwd ps/link; touch ps/.x")
    listed = ask(octocat, "octocat", "GET", MINE).json()["assignments"]
    assert ("ps", "ps", None) in {(one["name"], one["path"], one["handedIn"]) for one in listed}
    answer = ask(octocat, "octocat", "POST", f"{MINE}/ps")
    assert answer.is_success, answer.text
    assert answer.json()["leftOut"] == [".x", "link"]
    # A later change does not alter the hand-in.
    in_lab(lab, "octocat", "printf later > ps/task.txt")
    found = archive(mona, "ps")
    assert sorted(found) == [f"submitted/octocat/ps/{one}" for one in ("task.txt", "timestamp.txt")]
    assert found["submitted/octocat/ps/task.txt"] == b"answer"
    row = rows(mona, "ps")["octocat"]
    assert row["handedIn"] == answer.json()["handedIn"]
    mine = {one["name"]: one for one in ask(octocat, "octocat", "GET", MINE).json()["assignments"]}
    assert mine["ps"]["handedIn"] == row["handedIn"]
    # Collect into the class's files, with the copies of students who have handed in nothing.
    in_lab(lab, "hubot", "printf hubots > ps/task.txt")
    answer = mona.post(f"{OURS}/ps/submitted", json={"folder": "course", "missing": True})
    assert answer.json()["done"] == ["octocat", "hubot"], answer.text
    place = "/data/files/course/submitted"
    assert lab.read(f"{place}/octocat/ps/task.txt") == "answer"
    assert lab.read(f"{place}/hubot/ps/task.txt") == "hubots"
    stamp = lab.read(f"{place}/hubot/ps/timestamp.txt")
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} UTC", stamp), stamp
    assert ".new-" not in lab.shown("ls", "-A", f"{KEPT}/ps")


def test_links_pipes_and_holes_bring_nothing_in(
    lab: Lab, mona: httpx.Client, octocat: httpx.Client
) -> None:
    write(lab, "bad.txt", "task")
    write(lab, "notes.txt", "the class's")
    hand_out(mona, "bad", "bad.txt", students=["octocat"])
    in_lab(
        lab,
        "octocat",
        "cd bad; ln -s /data/hub/jupyterhub.sqlite db; ln -s /data/history dir; mkfifo pipe;"
        " printf own > ../own.txt; ln ../own.txt hard; printf x > '-rf ..';"
        " printf x > \"$(printf 'a\\nb')\"; printf x > \"$(printf '\\377')\"",
    )
    found = archive(mona, "bad", missing=True)
    names = sorted(one.removeprefix("submitted/octocat/bad/") for one in found)
    assert {"-rf ..", "a\nb", "bad.txt", "hard", "timestamp.txt"} < set(names)
    assert not {"db", "dir", "pipe"} & set(names)
    assert found["submitted/octocat/bad/hard"] == b"own"  # the file is the student's own
    # A sparse file counts with its full size, which it would need in another place.
    in_lab(lab, "octocat", "truncate -s 101M bad/huge")
    answer = mona.post(f"{OURS}/bad/submitted", json={"folder": "bad", "missing": True}).json()
    assert (answer["done"], "100 MB" in answer["left"]["octocat"]) == ([], True), answer
    assert ask(octocat, "octocat", "POST", f"{MINE}/bad").status_code == 413
    # Put a link to another folder, a pipe and then a file in the place of the folder itself.
    for what in ("ln -s /data/files bad", "mkfifo bad"):
        in_lab(lab, "octocat", f"rm -r bad; {what}")
        assert rows(mona, "bad")["octocat"]["has"] in {"other", "copy"}, what
        assert not [one for one in archive(mona, "bad", missing=True) if "notes" in one], what
        assert "stays" in hand_out(mona, "bad", "bad.txt", students=["octocat"])["left"]["octocat"]
        assert not ask(octocat, "octocat", "POST", f"{MINE}/bad").json().get("handedIn"), what
    # A single file is handed in, as in the class, because it is the student's own.
    in_lab(lab, "octocat", "rm bad; printf x > bad")
    assert "stays" in hand_out(mona, "bad", "bad.txt", students=["octocat"])["left"]["octocat"]
    assert ask(octocat, "octocat", "POST", f"{MINE}/bad").json()["handedIn"]
    assert archive(mona, "bad")["submitted/octocat/bad/bad"] == b"x"
    assert "notes.txt" in lab.shown("ls", "/data/files")
    in_lab(lab, "octocat", "rm bad")


def test_a_lab_whose_server_was_taken_over_brings_nothing_of_others(
    lab: Lab, mona: httpx.Client
) -> None:
    write(lab, "take.txt", "task")
    hand_out(mona, "take", "take.txt", students=["octocat"])
    order = {"do": "hand in", "assignment": "take", "labs": {"octocat": number(lab, "octocat")}}
    # The lab has replaced its folder of hand-ins by a link to the class's and root's files.
    for target in (KEPT, "/data/hub", "/data/files", f"/data/labs/{number(lab, 'octocat')}"):
        in_lab(lab, "octocat", f"rm -rf take/ready; ln -s {target} take/ready", server=True)
        assert "error" in carry(lab, order)["octocat"], target
    in_lab(lab, "octocat", "rm take/ready; mkfifo take/ready", server=True)
    assert "error" in carry(lab, order)["octocat"]
    in_lab(lab, "octocat", "mv take real; ln -s /data/hub take", server=True)
    for errand in ("hand in", "look", "give"):
        found = carry(lab, {**order, "do": errand})["octocat"]
        assert "error" in found or found["has"] != "copy", (errand, found)
    assert lab.run("find", f"{KEPT}/take/in", "-mindepth", "2")[1] == ""
    in_lab(lab, "octocat", "rm take; mv real take", server=True)
    # A lab hands in only for its owner, and only assignments that were handed out.
    in_lab(lab, "octocat", "mkdir -p none/ready; printf x > none/ready/x", server=True)
    assert "error" in carry(lab, {**order, "assignment": "none"})["octocat"]
    assert lab.run("test", "-e", f"{KEPT}/none")[0] != 0


def test_nobody_hands_in_from_elsewhere_or_for_another(
    lab: Lab, people: People, mona: httpx.Client, octocat: httpx.Client
) -> None:
    write(lab, "exam.txt", "question")
    hand_out(mona, "exam", "exam.txt", students=["octocat"])
    # A tutor inside a student's lab is a guest there.
    assert enter(mona, "octocat").is_success
    answer = ask(mona, "octocat", "POST", f"{MINE}/exam")
    assert (answer.status_code, "octocat" in answer.json()["message"]) == (403, True), answer.text
    enter_class(mona)
    # The class's page says that the copy is in the student's own lab.
    enter_class(octocat)
    address = f"{labs.ADDRESS}{students.BASE}/{MINE}/exam"
    answer = octocat.post(address)
    assert (answer.status_code, "own lab" in answer.json()["message"]) == (409, True), answer.text
    enter(octocat, "octocat")
    # The Hub requires the sign-in to the lab itself; one to the class, or a guest's, is refused.
    hub = f"{labs.ADDRESS}/hub/api/classroom/hand-in/exam"
    for client, path in ((octocat, f"{students.BASE}/"), (mona, f"{base('octocat')}/")):
        headers = {"Authorization": f"token {token_of(client, path)}"}
        assert client.post(hub, headers=headers).status_code == 403, path
    assert lab.run("test", "-e", f"{KEPT}/exam/in")[0] != 0
    # A student can't use any of the tutors' calls either, here or at the Hub.
    for path in ("", "/exam", "/exam/submitted"):
        assert octocat.get(f"{OURS}{path}").status_code == 403
    body = {"do": "fetch", "students": ["hubot"], "place": "0"}
    for client in people.values():
        answer = client.post(f"{labs.ADDRESS}/hub/api/classroom/assignments/exam", json=body)
        assert answer.status_code == 403, answer.text


KERNEL = """
import socket, ssl, urllib.request, urllib.error
def attempt(step):
    try:
        return step()
    except urllib.error.HTTPError as error:
        return error.code
    except OSError as error:
        return type(error).__name__
def post(path):
    context = ssl._create_unverified_context()
    request = urllib.request.Request(f"https://127.0.0.1:8443{path}", data=b"{}", method="POST")
    return urllib.request.urlopen(request, context=context, timeout=5).status
def connect(path):
    return socket.socket(socket.AF_UNIX).connect(path) or "connected"
for path in ("/hub/api/classroom/hand-in/exam", "/hub/api/classroom/assignments/exam",
             "/user/octocat/classroom/api/my/assignments/exam"):
    print(attempt(lambda: post(path)))
for place in ("labs.sock", "hub/hub.sock"):
    print(attempt(lambda: connect(f"/run/classroom/{place}")))
"""


def test_a_students_kernel_has_nothing_carried(
    lab: Lab, mona: httpx.Client, octocat: httpx.Client
) -> None:
    write(lab, "exam.txt", "question")
    hand_out(mona, "exam", "exam.txt", students=["octocat"])
    enter(octocat, "octocat")
    kernel = own_labs.student(octocat, lab, "octocat").kernel
    said = kernel.run(KERNEL).split()
    assert len(said) == 5
    assert not {"200", "connected"} & set(said), said
    assert lab.run("test", "-e", f"{KEPT}/exam/in")[0] != 0


BECOME = """
import ctypes, json, os
from classroom.runtime import privileges
from classroom.runtime.lab_users import UnixUser
from classroom.sandbox.landlock import KEEP
from classroom.supervisor import carrier, carrier_sides
libc = ctypes.CDLL(None)
def opens(place):
    try:
        os.listdir(place)
    except OSError as error:
        return type(error).__name__
    return "opened"
privileges.drop(carrier.KEPT)
carrier_sides.become(
    UnixUser("nobody in particular", 23000, 23000), carrier_sides.allowed(KEEP, "/data/files")
)
traceable, no_new_privs = libc.prctl(3, 0, 0, 0, 0), libc.prctl(39, 0, 0, 0, 0)
places = [opens(place) for place in ("/data/files", "/run/classroom", "/proc", "/tmp")]
print(json.dumps([os.getresuid(), os.getgroups(), traceable, no_new_privs, places]))
"""


def test_the_processes_that_carry_have_no_right_left(lab: Lab) -> None:
    """Each changes its user before it opens anything, is untraceable, and sees only its folders."""
    found = json.loads(lab.shown(PYTHON, "-I", "-c", BECOME))
    shut = ["PermissionError"] * 3
    assert found[2] in {0, 2}  # PR_GET_DUMPABLE; the value depends on `suid_dumpable`
    assert [*found[:2], *found[3:]] == [[23000, 23000, 23000], [], 1, ["opened", *shut]]
