"""Start, stop and delete labs by ``classroom lab`` and by the API of the page *People*."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests import labs, own_labs, web
from tests.own_labs import ROOM, ask, enter, is_open, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.labs import Lab
    from tests.own_labs import People
    from tests.pki import Authority

SCRIPT = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
EXPECTED = (
    r"40[0349] (DELETE|POST|GET) /hub/|503 DELETE /hub/",
    own_labs.NEW_TOKENS,
    r"can't keep|snapshots\] |Fatal: |Snapshots can't be used",  # from the damaged repository
)


@pytest.fixture(scope="module")
def lab(
    network: object, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    del github
    folder = tmp_path_factory.mktemp("tutor")
    with own_labs.started(folder, authority, network, expected=EXPECTED) as made:
        yield made


@pytest.fixture(scope="module")
def people(lab: Lab, github: Lab, authority: Authority) -> Iterator[People]:
    """Two students, each with a lab and a file in it, and a tutor."""
    with own_labs.signed_in(lab, github, authority, "Octocat", "hubot", "mona") as found:
        for name in ("octocat", "hubot"):
            enter(found[name], name)
            save(found[name], name, f"{name}.txt", f"of {name}")
        yield found


def save(client: httpx.Client, name: str, file: str, text: str) -> None:
    content = {"type": "file", "format": "text", "content": text}
    told = ask(client, name, "PUT", f"api/contents/{file}", json=content)
    assert told.is_success, told.text


def read(client: httpx.Client, name: str, file: str) -> httpx.Response:
    return ask(client, name, "GET", f"api/contents/{file}")


def token_of(client: httpx.Client) -> str:
    """Return the XSRF token of a page of the Hub."""
    page = client.get(f"{labs.ADDRESS}/hub/home").text
    return page.partition('xsrf_token: "')[2].partition('"')[0]


def delete(client: httpx.Client, lab: object, **headers: str) -> httpx.Response:
    address = f"{labs.ADDRESS}/hub/api/classroom/labs/{lab}"
    return client.delete(address, headers={**SCRIPT, **headers})


def listed(client: httpx.Client) -> list[dict[str, Any]]:
    """Return the labs as the page *People* receives them."""
    address = f"{labs.ADDRESS}/hub/api/classroom/people"
    answer = client.get(address, headers={**SCRIPT, "X-XSRFToken": token_of(client)})
    assert answer.is_success, answer.text
    found: list[dict[str, Any]] = answer.json()["labs"]
    return found


def servers(lab: Lab, own: int) -> list[int]:
    return lab.pids("classroom.lab --config", f"lab{own}-server")


def command(lab: Lab, *words: str) -> str:
    status, said = lab.run("classroom", *words)
    assert status == 0, said
    return said


def test_the_command_stops_and_starts_a_lab(lab: Lab, people: People) -> None:
    own = number(lab, "octocat")
    assert command(lab, "lab", "stop", "octocat") == "The lab of octocat is stopped.\n"
    assert servers(lab, own) == []
    assert is_open(people["octocat"], "octocat") is None, "the Hub knows it"
    assert command(lab, "lab", "stop", str(own)) == "The lab of octocat is not running.\n"
    assert command(lab, "lab", "start", "octocat") == "The lab of octocat runs.\n"
    assert servers(lab, own)
    assert command(lab, "lab", "start", "Octocat") == "The lab of octocat runs already.\n"
    enter(people["octocat"], "octocat")
    assert read(people["octocat"], "octocat", "octocat.txt").json()["content"] == "of octocat"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("stop", "nobody"), "There is no such lab: `make labs` lists them."),
        (("start", "nobody"), "There is no such lab: `make labs` lists them."),
        (("delete", "77"), "There is no such lab: `make labs` lists them."),
        (("delete", ""), "is not for the class's lab"),
        (("stop", "classroom"), "is not for the class's lab"),
        (("remove", "octocat"), "Say what to do with the lab: start, stop or delete."),
    ],
)
def test_what_the_command_cannot_do_it_says_in_a_sentence(
    lab: Lab, people: People, words: tuple[str, ...], sentence: str
) -> None:
    del people
    status, said = lab.run("classroom", "lab", *words)
    assert status == 1, said
    assert sentence in said
    assert len(said.splitlines()) == 1


def test_only_tutors_on_the_hubs_page_delete_a_lab(lab: Lab, people: People) -> None:
    """Students, with or without a token, forged requests of a tutor, and strangers are refused."""
    own = number(lab, "hubot")
    for name in ("hubot", "octocat"):
        token = token_of(people[name])
        assert delete(people[name], own, **{"X-XSRFToken": token}).status_code == 403
        assert delete(people[name], own).status_code == 403
    tutor = people["mona"]
    assert delete(tutor, own).status_code == 403
    assert delete(tutor, own, **{"X-XSRFToken": token_of(people["hubot"])}).status_code == 403
    forged = {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "cross-site"}
    assert delete(tutor, own, **forged).status_code == 403
    of_lab = str(tutor.cookies.get("_xsrf", path="/services/classroom/"))
    assert delete(tutor, own, **{"X-XSRFToken": of_lab}).status_code == 403
    with web.browser(lab.hosts) as stranger:
        assert delete(stranger, own).status_code == 403
        assert delete(stranger, own, Authorization="token " + "0" * 32).status_code == 403
    assert servers(lab, own), "it runs as before"
    assert read(people["hubot"], "hubot", "hubot.txt").json()["content"] == "of hubot"
    # Labs that don't exist, and the class's.
    token = token_of(tutor)
    for wrong, status in ((0, 400), (77, 404), ("x", 404)):
        answer = delete(tutor, wrong, **{"X-XSRFToken": token})
        assert answer.status_code == status, answer.text
    told = delete(tutor, 0, **{"X-XSRFToken": token})
    assert told.json()["message"] == "This is the class's lab, which is never deleted."


def test_a_lab_whose_last_snapshot_cannot_be_taken_is_not_deleted(lab: Lab, people: People) -> None:
    own = number(lab, "hubot")
    command(lab, "lab", "stop", "hubot")  # its last snapshot makes the repository
    repository = f"/data/labs/{own}/snapshots/repository"
    assert lab.run("mv", f"{repository}/keys", f"{repository}/away")[0] == 0
    tutor = people["mona"]
    answer = delete(tutor, own, **{"X-XSRFToken": token_of(tutor)})
    assert answer.status_code == 503, answer.text
    sentence = answer.json()["message"]
    assert sentence.startswith("The lab of hubot is not deleted, because no last snapshot of it")
    status, said = lab.run("classroom", "lab", "delete", "hubot")
    assert (status, said.strip()) == (1, sentence)
    assert number(lab, "hubot") == own
    assert lab.read(f"/data/labs/{own}/files/hubot.txt") == "of hubot"
    assert lab.run("mv", f"{repository}/away", f"{repository}/keys")[0] == 0
    command(lab, "lab", "start", "hubot")
    enter(people["hubot"], "hubot")


def test_a_deleted_lab_leaves_its_snapshots_alone(lab: Lab, people: People) -> None:
    """Its owner gets a new lab with another number, into which the old files can be restored."""
    ada, own, theirs = people["octocat"], number(lab, "octocat"), number(lab, "hubot")
    enter(ada, "octocat")
    student = own_labs.student(ada, lab, "octocat")
    # Regular snapshots leave out files above 1 GiB, so the last snapshot has something new.
    student.kernel.run("open('large.bin', 'wb').truncate((1 << 30) + 1)")
    save(ada, "octocat", "last.txt", "the last words")
    row = next(one for one in listed(people["mona"]) if one["number"] == own)
    assert (row["kind"], row["name"], row["running"]) == ("personal", "octocat", True)
    answer = delete(people["mona"], own, **{"X-XSRFToken": token_of(people["mona"])})
    assert answer.status_code == 204, answer.text
    assert lab.run("ls", "-A", f"/data/labs/{own}")[1].split() == ["snapshots"]
    assert lab.run("ls", "-A", f"/run/classroom/labs/{own}")[0] != 0
    assert lab.pids("", f"lab{own}") + lab.pids("", f"lab{own}-server") == []
    assert own not in {one["number"] for one in listed(people["mona"])}
    assert re.search(rf"^{own} +personal +octocat +deleted", command(lab, "labs"), re.MULTILINE)
    # The other person's lab is unchanged, and its process still runs.
    assert read(people["hubot"], "hubot", "hubot.txt").json()["content"] == "of hubot"
    # There is no running lab to restore into, and the deleted one can't be started or deleted
    # again.
    shown = command(lab, "snapshots", "--lab", str(own))
    assert "when the lab was deleted" in shown
    newest = shown.splitlines()[1].split()[0]
    status, said = lab.run("classroom", "restore", newest, "--lab", str(own))
    assert (status, len(said.splitlines())) == (1, 1)
    assert f"Lab {own} was deleted, and octocat has no lab that runs" in said
    kept = f"Lab {own} was deleted. Its snapshots are kept: `make snapshots LAB={own}`.\n"
    for order in ("start", "stop"):
        assert lab.run("classroom", "lab", order, str(own)) == (1, kept)
    already = f"Lab {own} has been deleted already. Its snapshots are kept.\n"
    assert lab.run("classroom", "lab", "delete", str(own)) == (1, already)
    # If a deletion was interrupted, deleting again removes the rest.
    assert lab.run("mkdir", f"/data/labs/{own}/history")[0] == 0
    assert "is deleted" in command(lab, "lab", "delete", str(own))
    assert lab.run("ls", "-A", f"/data/labs/{own}")[1].split() == ["snapshots"]

    enter(ada, "octocat")
    new = number(lab, "octocat")
    assert new not in {own, theirs}
    assert read(ada, "octocat", "last.txt").status_code == 404
    save(ada, "octocat", "new.txt", "new")
    student = own_labs.student(ada, lab, "octocat")
    assert student.kernel.run("import os; print(os.getuid())") == f"{20001 + 4 * new}\n"
    status, said = lab.run("classroom", "restore", newest, "--lab", str(own))
    assert status == 0, said
    assert "restored from snapshot" in said
    assert read(ada, "octocat", "last.txt").json()["content"] == "the last words"
    assert read(ada, "octocat", "new.txt").json()["content"] == "new"
    assert lab.run("stat", "-c", "%s %U", f"/data/labs/{new}/files/large.bin")[1].split() == [
        str((1 << 30) + 1),
        f"lab{new}-server",
    ]
    # The name now means the new lab; the old one keeps its snapshots.
    assert "when the lab was deleted" not in command(lab, "snapshots", "--lab", "octocat")
    assert newest in command(lab, "snapshots", "--lab", str(own))
    assert lab.run("ls", "-A", f"/data/labs/{own}")[1].split() == ["snapshots"]


def test_a_deleted_room_is_empty_when_it_is_opened_again(lab: Lab, people: People) -> None:
    ada = people["octocat"]
    assert command(lab, "lab", "start", "maths") == "The lab of maths runs.\n"
    enter(ada, ROOM)
    save(ada, ROOM, "sums.txt", "1 + 1")
    own = number(lab, ROOM)
    said = command(lab, "lab", "delete", "maths")
    assert said == (
        f"The lab of maths is deleted. Its snapshots are kept: `make snapshots LAB={own}`.\n"
    )
    enter(ada, ROOM)
    assert number(lab, ROOM) != own
    assert read(ada, ROOM, "sums.txt").status_code == 404
    found = ask(ada, ROOM, "GET", "api/contents").json()["content"]
    assert {one["name"] for one in found} <= {"Classroom.chat"}, "no more than any new lab has"
