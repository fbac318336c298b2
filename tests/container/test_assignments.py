"""Hand out, hand in and collect in the class: a tutor, two students, and attempts to cheat."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from tests import classrooms, labs, students
from tests.assignments import OURS, archive, hand_out, rows
from tests.container.test_rooms import Page, room

if TYPE_CHECKING:
    import httpx

    from tests.classrooms import Classroom

BASE = f"{labs.ADDRESS}{students.BASE}"
MINE = f"{BASE}/classroom/api/my/assignments"
LISTED = ("hubot", "octocat")
EXPECTED = (
    *classrooms.EXPECTED,
    r"4(00|03|04|09|13) (GET|POST|PUT) /services/classroom/classroom/api/",
    r"wrote error: '",
    r"discarding scopes",
)


@pytest.fixture(scope="module")
def school(shared_classroom: Classroom) -> Classroom:
    shared_classroom.lab.expected += EXPECTED
    for login in ("mona", "Octocat", "hubot"):
        shared_classroom.enter(login).headers["Sec-Fetch-Mode"] = "cors"
    return shared_classroom


@pytest.fixture(scope="module")
def mona(school: Classroom) -> httpx.Client:
    return school.people["mona"]


@pytest.fixture(scope="module")
def octocat(school: Classroom) -> httpx.Client:
    return school.people["Octocat"]


def as_student(school: Classroom, script: str) -> str:
    """Run a shell command as a student's program would."""
    status, said = school.lab.run(
        "sh", "-c", f"umask 002; cd /data/files; {script}", user="student"
    )
    assert status == 0, said
    return said


def write(school: Classroom, path: str, text: str) -> None:
    parent = path.rpartition("/")[0] or "."
    quoted = map(shlex.quote, (parent, text, path))
    as_student(school, "mkdir -p {} && printf %s {} > {}".format(*quoted))


def read(school: Classroom, path: str) -> str:
    return school.lab.read(f"/data/files/{path}")


def hand_in(client: httpx.Client, name: str) -> dict[str, Any]:
    answer = client.post(f"{MINE}/{name}")
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def collect(mona: httpx.Client, name: str, folder: str, *, missing: bool = False) -> dict[str, Any]:
    answer = mona.post(f"{OURS}/{name}/submitted", json={"folder": folder, "missing": missing})
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_everybody_on_the_list_gets_a_copy_and_nothing_of_theirs_is_replaced(
    school: Classroom, mona: httpx.Client
) -> None:
    write(school, "week1/task.txt", "the task")
    write(school, "week1/data/numbers.csv", "1,2,3")
    as_student(school, "ln -s /etc/passwd week1/link; printf x > week1/.hidden")
    found = mona.get(OURS).json()
    assert [one["name"] for one in found["students"]] == list(LISTED)
    # Only mona has ever signed in, apart from this test's people; a tutor is no student.
    assert set(found["students"][1]) == {"name", "shown"}
    outcome = hand_out(mona, "week1", "week1")
    assert outcome["done"] == list(LISTED)
    assert sorted(outcome["leftOut"]) == [".hidden", "link"]
    for student in LISTED:
        assert read(school, f"students/{student}/week1/task.txt") == "the task"
        assert read(school, f"students/{student}/week1/data/numbers.csv") == "1,2,3"
    # A student's program writes to the copy.
    write(school, "students/octocat/week1/task.txt", "my answer")
    as_student(school, "rm students/hubot/week1/data/numbers.csv")
    write(school, "week1/task.txt", "the task, corrected")
    write(school, "week1/more.txt", "more")
    assert hand_out(mona, "week1", "week1")["done"] == list(LISTED)
    assert read(school, "students/octocat/week1/task.txt") == "my answer"
    assert read(school, "students/hubot/week1/task.txt") == "the task"
    for student in LISTED:
        assert read(school, f"students/{student}/week1/more.txt") == "more"
        assert read(school, f"students/{student}/week1/data/numbers.csv") == "1,2,3"
    assert hand_out(mona, "week1", "week1")["unchanged"] == list(LISTED)


def test_what_is_handed_out_is_what_the_open_document_says(
    school: Classroom, mona: httpx.Client, octocat: httpx.Client
) -> None:
    page = Page(students.open_socket(mona, school.lab, room(mona, "live.ipynb")))
    page.type("x = 1  # not saved yet")
    labs.wait_until(
        lambda: "not saved yet" in hand_out_and_read(school, mona), "what was typed", every=0.3
    )
    theirs = "students/octocat/live/live.ipynb"
    assert rows(mona, "live")["octocat"]["changed"] is None
    answer = octocat.put(
        f"{BASE}/api/collaboration/session/{theirs}", json={"format": "json", "type": "notebook"}
    ).json()
    path = (
        f"api/collaboration/room/json:notebook:{answer['fileId']}?sessionId={answer['sessionId']}"
    )
    own = Page(students.open_socket(octocat, school.lab, path))
    # Opening and running the copy changes nothing in it.
    own.print("42")
    labs.wait_until(lambda: "42" in read(school, theirs), "the output, saved")
    assert rows(mona, "live")["octocat"]["changed"] is None
    own.type("\ny = 2")
    # The lab may get the typed text after the hand-in that follows at once; a page would wait.
    labs.wait_until(lambda: "y = 2" in handed_in(school, octocat), "what was typed", every=0.3)
    assert rows(mona, "live")["octocat"]["changed"] is not None
    # Later typing does not change the hand-in.
    before = handed_in_file(school, "live")
    own.type("\nz = 3")
    labs.wait_until(lambda: "z = 3" in read(school, theirs), "it saved")
    assert school.lab.read(before).count("y = 2") == 1
    assert "z = 3" not in school.lab.read(before)


def hand_out_and_read(school: Classroom, mona: httpx.Client) -> str:
    hand_out(mona, "live", "live.ipynb", students=["hubot"])
    school.lab.run("rm", "-r", "/data/files/students/octocat/live")
    hand_out(mona, "live", "live.ipynb", students=["octocat"])
    return read(school, "students/octocat/live/live.ipynb")


def handed_in(school: Classroom, octocat: httpx.Client) -> str:
    hand_in(octocat, "live")
    return school.lab.read(handed_in_file(school, "live"))


def handed_in_file(school: Classroom, name: str) -> str:
    """Return the path of octocat's latest hand-in."""
    code = (
        "import glob, json, sys;"
        "print(json.dumps(sorted(glob.glob("
        "f'/data/history/assignments/{sys.argv[1]}/in/octocat/*/*.ipynb'))))"
    )
    return str(school.lab.look(code, name)[-1])


def test_the_table_says_who_has_it_and_who_has_changed_it(
    school: Classroom, mona: httpx.Client, octocat: httpx.Client
) -> None:
    write(school, "table.txt", "start")
    write(school, "students/hubot/table", "a file of hubot's own")
    outcome = hand_out(mona, "table", "table.txt")
    assert outcome["done"] == ["octocat"]
    assert "stays" in outcome["left"]["hubot"]
    assert read(school, "students/hubot/table") == "a file of hubot's own"
    found = rows(mona, "table")
    assert {name: row["has"] for name, row in found.items()} == {
        "octocat": "copy",
        "hubot": "other",
    }
    assert found["octocat"]["changed"] is None
    assert found["octocat"]["handedIn"] is None
    write(school, "students/octocat/table/table.txt", "my work")
    first = hand_in(octocat, "table")
    assert first["leftOut"] == []
    found = rows(mona, "table")
    assert abs(found["octocat"]["changed"] - found["octocat"]["handedIn"]) < 60
    assert found["octocat"]["times"] == 1
    assert found["octocat"]["shown"] == "Ada Octocat"
    for _ in range(4):
        last = hand_in(octocat, "table")
    assert last["handedIn"] > first["handedIn"]
    kept = school.lab.look(
        "import json, os; print(json.dumps(os.listdir("
        "'/data/history/assignments/table/in/octocat')))"
    )
    assert len(kept) == 3, "the last ones are kept"
    (mine,) = [one for one in octocat.get(MINE).json()["assignments"] if one["name"] == "table"]
    assert mine["path"] == "students/octocat/table"
    assert "table" not in {
        one["name"] for one in school.people["hubot"].get(MINE).json()["assignments"]
    }


def test_collect_has_nbgraders_layout(
    school: Classroom, mona: httpx.Client, octocat: httpx.Client
) -> None:
    write(school, "layout/a.txt", "a")
    hand_out(mona, "layout", "layout")
    write(school, "students/octocat/layout/a.txt", "octocat's")
    write(school, "students/octocat/layout/timestamp.txt", "1999-01-01 00:00:00 UTC")
    hand_in(octocat, "layout")
    outcome = collect(mona, "layout", "course")
    assert outcome["done"] == ["octocat"]
    place = "course/submitted/octocat/layout"
    assert read(school, f"{place}/a.txt") == "octocat's"
    stamp = read(school, f"{place}/timestamp.txt")
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} UTC", stamp), stamp
    assert collect(mona, "layout", "course")["unchanged"] == ["octocat"]
    # Collecting repairs what a program has changed there since, here with the others' copies.
    write(school, f"{place}/a.txt", "forged")
    write(school, "students/hubot/layout/a.txt", "hubot's")
    outcome = collect(mona, "layout", "course", missing=True)
    assert outcome["done"] == ["octocat", "hubot"]
    assert read(school, f"{place}/a.txt") == "octocat's"
    assert read(school, "course/submitted/hubot/layout/a.txt") == "hubot's"
    assert collect(mona, "layout", "course", missing=True)["done"] == []
    found = archive(mona, "layout")
    assert sorted(found) == [
        f"submitted/octocat/layout/{name}" for name in ("a.txt", "timestamp.txt")
    ]
    assert found["submitted/octocat/layout/a.txt"] == b"octocat's"
    assert found["submitted/octocat/layout/timestamp.txt"].decode() == stamp
    assert "submitted/hubot/layout/a.txt" in archive(mona, "layout", missing=True)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"name": "", "path": "week1"}, 400, "Type a name"),
        ({"name": "a/b", "path": "week1"}, 400, "a folder's"),
        ({"name": "..", "path": "week1"}, 400, "a folder's"),
        ({"name": "a+b", "path": "week1"}, 400, "a folder's"),
        ({"name": "new", "path": ""}, 400, "Choose a file or folder"),
        ({"name": "new", "path": "students"}, 400, "Choose a file or folder"),
        ({"name": "new", "path": "../history"}, 404, "no such place"),
        ({"name": "new", "path": "nothing.txt"}, 404, "isn't there"),
        ({"name": "week1", "path": "week1/task.txt"}, 409, "was handed out from “week1”"),
        ({"name": "WEEK1", "path": "week1"}, 409, "more than its capitals"),
        ({"name": "new", "path": "week1", "students": ["stranger"]}, 400, "stranger"),
        ({"name": "new"}, 400, "must say"),
    ],
)
def test_what_cannot_be_handed_out_is_said(
    school: Classroom, mona: httpx.Client, body: dict[str, Any], status: int, words: str
) -> None:
    if school.lab.run("test", "-d", "/data/history/assignments/week1")[0]:
        write(school, "week1/task.txt", "the task")
        hand_out(mona, "week1", "week1")
    answer = mona.post(OURS, json=body)
    assert (answer.status_code, words in answer.json()["message"]) == (status, True), answer.text


def test_a_student_has_none_of_the_tutors_calls(school: Classroom, octocat: httpx.Client) -> None:
    write(school, "mine.txt", "mine")
    answers = (
        octocat.get(OURS),
        octocat.post(OURS, json={"name": "mine", "path": "mine.txt"}),
        octocat.get(f"{OURS}/week1"),
        octocat.get(f"{OURS}/week1/submitted"),
        octocat.post(f"{OURS}/week1/submitted", json={"folder": "", "missing": False}),
    )
    for answer in answers:
        assert answer.status_code == 403, answer.url
        assert answer.json()["message"] == "Only a tutor may do that."
    # The Hub, too, tells only the lab who is on the list.
    for login in ("mona", "hubot"):
        client = school.people[login]
        address = f"{labs.ADDRESS}/hub/api/classroom/students"
        assert client.get(address).status_code in {401, 403}


def test_nobody_hands_in_for_another_or_changes_what_was_handed_in(
    school: Classroom, mona: httpx.Client, octocat: httpx.Client
) -> None:
    hubot = school.people["hubot"]
    write(school, "exam.txt", "question")
    hand_out(mona, "exam", "exam.txt")
    write(school, "students/hubot/exam/exam.txt", "hubot's answer")
    hand_in(hubot, "exam")
    # octocat's program may change hubot's copy as it likes, but hubot's hand-in stays the same.
    write(school, "students/hubot/exam/exam.txt", "forged by octocat")
    as_student(school, "rm -r students/hubot; ln -s /data/history students/hubot")
    hand_in(octocat, "exam")
    found = archive(mona, "exam")
    assert found["submitted/hubot/exam/exam.txt"] == b"hubot's answer"
    assert found["submitted/octocat/exam/exam.txt"] == b"question"
    # A student's program can't reach the place where hand-ins are kept.
    status, said = school.lab.run("ls", "/data/history/assignments", user="student")
    assert status != 0, said
    # hubot's folder is now a link that leads outside: nothing is read or written through it.
    answer = hubot.post(f"{MINE}/exam")
    assert (answer.status_code, "leads out" in answer.text) == (403, True), answer.text
    outcome = hand_out(mona, "exam", "exam.txt")
    assert "stays" in outcome["left"]["hubot"], outcome
    assert rows(mona, "exam")["hubot"]["has"] == "other"
    assert "exam" not in school.lab.run("ls", "/data/history")[1].split()
    as_student(school, "rm students/hubot")
    # A link to another student's folder does not hand in that student's work.
    write(school, "students/octocat/exam/exam.txt", "octocat's answer")
    as_student(school, "mkdir -p students/hubot; ln -s ../octocat/exam students/hubot/exam")
    answer = hubot.post(f"{MINE}/exam")
    assert (answer.status_code, "link" in answer.text) == (400, True), answer.text
    as_student(school, "rm students/hubot/exam")
    answer = hubot.post(f"{MINE}/exam")
    assert (answer.status_code, "Ask your tutor" in answer.text) == (404, True), answer.text
    answer = hubot.post(f"{MINE}/..%2Fexam")
    assert (answer.status_code, "There is no assignment" in answer.text) == (404, True)


def test_links_and_pipes_are_left_out_and_a_huge_folder_is_refused(
    school: Classroom, mona: httpx.Client, octocat: httpx.Client
) -> None:
    write(school, "big.txt", "start")
    hand_out(mona, "big", "big.txt")
    as_student(
        school,
        "cd students/octocat/big; ln -s /etc/shadow shadow; mkfifo pipe; mkdir deep;"
        " ln -s /data/history deep/history; printf x > .secret",
    )
    found = hand_in(octocat, "big")
    assert found["leftOut"] == [".secret", "history", "pipe", "shadow"]
    assert [one for one in archive(mona, "big") if "timestamp" not in one] == [
        "submitted/octocat/big/big.txt"
    ]
    before = found["handedIn"]
    as_student(school, "truncate -s 101M students/octocat/big/huge.bin")
    answer = octocat.post(f"{MINE}/big")
    assert (answer.status_code, "100 MB" in answer.json()["message"]) == (413, True), answer.text
    as_student(
        school,
        "cd students/octocat/big; rm huge.bin; mkdir many; cd many;"
        " seq 26000 | xargs touch; cd ..; mkdir -p " + "/".join(["d"] * 110),
    )
    assert octocat.post(f"{MINE}/big").status_code == 413
    as_student(school, "rm -r students/octocat/big/many")
    answer = octocat.post(f"{MINE}/big")
    assert (answer.status_code, "folders nested more than" in answer.text) == (400, True), (
        answer.text
    )
    assert rows(mona, "big")["octocat"]["handedIn"] == before
    # A file name that isn't UTF-8 does not keep anybody's work from the tutor.
    as_student(school, "cd students/octocat/big; rm -r d; printf x > \"$(printf 'a\\377')\"")
    hand_in(octocat, "big")
    assert archive(mona, "big")["submitted/octocat/big/a%FF"] == b"x"
    as_student(school, "truncate -s 101M huge.bin")
    answer = mona.post(OURS, json={"name": "huge", "path": "huge.bin"})
    assert answer.status_code == 413, answer.text
    as_student(school, "rm huge.bin")


def test_a_view_only_student_hands_nothing_in(
    school: Classroom, mona: httpx.Client, octocat: httpx.Client
) -> None:
    write(school, "late.txt", "start")
    hand_out(mona, "late", "late.txt")
    switch = f"{BASE}/classroom/api/driving"
    assert mona.put(switch, json={"viewOnly": True}).is_success
    try:
        assert octocat.post(f"{MINE}/late").status_code == 403
        assert octocat.get(MINE).is_success
    finally:
        assert mona.put(switch, json={"viewOnly": False}).is_success
    hand_in(octocat, "late")


def test_all_of_it_is_there_after_the_server_was_killed(
    school: Classroom, mona: httpx.Client, octocat: httpx.Client
) -> None:
    write(school, "kept.txt", "start")
    hand_out(mona, "kept", "kept.txt")
    hand_in(octocat, "kept")
    school.lab.kill_server()

    def row() -> Any:
        answer = mona.get(f"{OURS}/kept")
        return answer.is_success and answer.json()["rows"][-1]

    found = labs.wait_until(row, "the table", ignoring=labs.AWAY)
    assert (found["name"], found["has"]) == ("octocat", "copy")
    assert found["handedIn"]
