"""Give a copy by a link, between people's own labs: who gets what, and who gets nothing."""

from __future__ import annotations

import json
import shlex
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from tests import copies, labs, links, own_labs, sharing, students, web
from tests.copies import is_dead, made, make, mine, press, refusal, take, take_back, words
from tests.links import code_of
from tests.own_labs import ROOM, ask, base, enter, number
from tests.sharing import OWNER, revoke, share, signed_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcontainers.core.network import Network

    from tests.classrooms import Classroom
    from tests.labs import Lab
    from tests.pki import Authority

HUB = "classroom.hub --"
EXPECTED = (
    r"The Hub ended with -9|is back|\[crit\]|\[error\]|\[front\]",
    r"(400|403|404|409|503) (GET|POST) /(hub|user|services)/|wrote error: '",
    r"copies: |Failing suspected API request",
)


@pytest.fixture(scope="module")
def room(
    network: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Classroom]:
    folder = tmp_path_factory.mktemp("tutor")
    with sharing.opened(network, github, authority, folder) as made_room:
        made_room.lab.expected += EXPECTED
        made_room.people["twin"] = signed_in(made_room, "twin")
        yield made_room


@pytest.fixture
def octocat(room: Classroom) -> httpx.Client:
    return room.people[OWNER]


@pytest.fixture
def hubot(room: Classroom) -> httpx.Client:
    """A person whose own lab isn't running."""
    return room.people["hubot"]


def files(lab: Lab, name: str) -> str:
    return f"/data/labs/{number(lab, name)}/files"


def in_lab(lab: Lab, name: str, script: str) -> str:
    """Run a shell command in a person's lab, as its code does."""
    group = 20000 + 4 * number(lab, name)
    command = f"umask 002; cd {files(lab, name)} && {script}"
    status, said = lab.run("sh", "-c", command, user=f"{group + 1}:{group}")
    assert status == 0, said
    return said


def write(lab: Lab, path: str, text: str, name: str = OWNER) -> None:
    in_lab(lab, name, f"printf %s {shlex.quote(text)} > {shlex.quote(path)}")


def read(lab: Lab, path: str, name: str = "hubot") -> str:
    return lab.read(f"{files(lab, name)}/{path}")


def restart_hub(room: Classroom) -> None:
    assert room.lab.run("pkill", "-KILL", "-f", HUB)[0] == 0
    page = room.people[OWNER]
    labs.wait_until(lambda: page.get(copies.MINE).is_success, "the Hub")


def test_a_copy_comes_into_ones_own_lab_and_a_newer_one_beside(
    room: Classroom, octocat: httpx.Client, hubot: httpx.Client
) -> None:
    """The link doesn't say what it is for; opening it copies nothing, only its button does."""
    lab = room.lab
    in_lab(lab, OWNER, "mkdir -p secretly")
    write(lab, "secretly/notes.txt", "first")
    address = made(octocat, base(OWNER), "secretly/notes.txt")
    code = code_of(address)
    assert address == f"{copies.PLACE}?code={code}"
    assert len(code) * 6 >= 128
    page = hubot.get(address)
    assert "octocat gives you a copy of this file: notes.txt" in words(page)
    assert "into your own lab" in words(page)
    assert "secretly" not in page.text
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["Cache-Control"] == "no-store"
    assert [used for _, path, used in mine(octocat) if path == "secretly/notes.txt"] == [0]
    assert take(hubot, address) == f"{base('hubot')}/lab/tree/notes.txt"
    assert read(lab, "notes.txt") == "first"
    # The copy belongs to the receiver: only the receiver's programs may write to it.
    own = number(lab, "hubot")
    owner = lab.shown("stat", "-c", "%u %g %a", f"{files(lab, 'hubot')}/notes.txt")
    assert owner.split() == [str(20000 + 4 * own), str(20000 + 4 * own), "664"]
    assert not lab.pids("classroom.lab --config", f"lab{own}-server"), "their lab needn't run"
    write(lab, "notes.txt", "mine now", "hubot")
    write(lab, "secretly/notes.txt", "second")
    assert take(hubot, address) == f"{base('hubot')}/lab/tree/notes-Copy1.txt"
    assert read(lab, "notes.txt") == "mine now"
    assert read(lab, "notes-Copy1.txt") == "second"
    assert read(lab, "secretly/notes.txt", OWNER) == "second"
    (link,) = [one for one in mine(octocat) if one[1] == "secretly/notes.txt"]
    assert link[2] == 2
    # The code is in no file, and in no line of the log.
    assert lab.run("grep", "-rlF", code, "/data", "/run")[1] == ""
    assert code not in lab.log
    # Opening a copy starts the receiver's lab, and the copy is there.
    enter(hubot, "hubot")
    found = ask(hubot, "hubot", "GET", "api/contents/notes-Copy1.txt")
    assert found.json()["content"] == "second"
    assert ".~" not in in_lab(lab, "hubot", "ls -A")


def test_a_folder_comes_with_all_that_is_files_in_it(
    room: Classroom, octocat: httpx.Client, hubot: httpx.Client
) -> None:
    lab = room.lab
    names = ["a b", "🐙 émoji.txt", "x..", "-rf", "%41", "two\nlines"]
    make_all = "; ".join(f"printf x > {shlex.quote(f'odd/{name}')}" for name in names)
    in_lab(
        lab,
        OWNER,
        f"mkdir -p 'odd/deep/er'; {make_all}; printf own > own.txt; ln own.txt odd/hard;"
        " printf y > odd/deep/er/file; touch odd/.hidden odd/..x; mkfifo odd/pipe;"
        " ln -s /data/hub/jupyterhub.sqlite odd/db; ln -s /data odd/dir; ln -s own.txt odd/in;"
        " printf z > odd/shut; chmod 000 odd/shut; mkdir odd/closed; chmod 000 odd/closed;"
        " head -c 200000000 /dev/zero > odd/large; printf x > \"odd/$(printf '\\377')\"",
    )
    answer = press(hubot, made(octocat, base(OWNER), "odd"))
    said = words(answer)
    for left_out in (".hidden", "..x", "pipe", "db", "dir", "in", "shut", "closed"):
        assert left_out in said.partition("not in the copy")[2].replace(",", " ").split(), said
    assert copies.place_of(answer) == f"{base('hubot')}/lab/tree/odd"
    found = set(lab.look(LISTED, f"{files(lab, 'hubot')}/odd"))
    wanted = {*names, "hard", "large", "deep", "deep/er", "deep/er/file", "\udcff"}
    assert found == wanted
    assert read(lab, "odd/hard") == "own"
    assert lab.shown("stat", "-c", "%s", f"{files(lab, 'hubot')}/odd/large").strip() == "200000000"
    in_lab(lab, OWNER, "rm odd/large")
    assert take(hubot, made(octocat, base(OWNER), "odd")).endswith("/odd-Copy1")
    for name in ("odd/🐙 émoji.txt", "odd/two\nlines", "odd/x.."):
        where = take(hubot, made(octocat, base(OWNER), name))
        assert where == f"{base('hubot')}/lab/tree/{name.removeprefix('odd/')}"
        assert read(lab, name.removeprefix("odd/")) == "x"


LISTED = """
import json, os, sys
top = sys.argv[1]
found = [os.path.join(folder, one) for folder, _, files in os.walk(top) for one in files]
found += [os.path.join(folder, one) for folder, folders, _ in os.walk(top) for one in folders]
print(json.dumps([os.path.relpath(one, top) for one in found]))
"""


GROWS = """
import pathlib, threading, time
def grow():
    with open("grows.log", "ab", buffering=0) as file:
        while not pathlib.Path("stop").exists():
            file.write(bytes(200_000))
            time.sleep(0.01)
threading.Thread(target=grow).start()
"""
"""It grows by 20 MB a second; a copy may have 500 MB."""


def test_a_file_that_grows_all_the_time_is_copied(
    room: Classroom, octocat: httpx.Client, hubot: httpx.Client
) -> None:
    lab = room.lab
    write(lab, "grows.log", "begin\n")
    address = made(octocat, base(OWNER), "grows.log")
    kernel = own_labs.student(octocat, lab, OWNER).kernel
    assert kernel.run(GROWS) == ""
    try:
        place = f"{files(lab, OWNER)}/grows.log"
        labs.wait_until(
            lambda: int(lab.shown("stat", "-c", "%s", place)) > 20_000_000, "that it grows"
        )
        assert take(hubot, address).endswith("/grows.log")
        size = int(lab.shown("stat", "-c", "%s", f"{files(lab, 'hubot')}/grows.log"))
        assert 20_000_000 < size < int(lab.shown("stat", "-c", "%s", place)), "it has grown since"
    finally:
        in_lab(lab, OWNER, "touch stop; rm grows.log")
    in_lab(lab, "hubot", "rm grows.log")


def test_no_way_out_of_the_lab_is_copied(
    room: Classroom, octocat: httpx.Client, hubot: httpx.Client
) -> None:
    """A lab makes no link to a link that leads outside, a pipe or a hidden file. If a path becomes
    one of these later, its link gives nothing."""
    lab = room.lab
    in_lab(
        lab,
        OWNER,
        "ln -s /data/hub/jupyterhub.sqlite out; ln -s /data/files/ class; mkfifo waits;"
        " mkdir -p .git; printf x > .git/config; printf inside > target.txt; ln -s target.txt ok",
    )
    for path, status in (
        ("out", 403),
        ("class", 403),
        ("waits", 400),
        (".git/config", 400),
        ("nothing", 404),
        ("", 400),
        ("../../../hub/jupyterhub.sqlite", 404),
        ("a\0b", 404),
    ):
        assert make(octocat, base(OWNER), path).status_code == status, path
    # A link inside the lab is copied as the file it leads to, under the link's name.
    assert take(hubot, made(octocat, base(OWNER), "ok")).endswith("/tree/ok")
    assert read(lab, "ok") == "inside"
    write(lab, "turns.txt", "x")
    address = made(octocat, base(OWNER), "turns.txt")
    for how, sentence in (
        ("ln -s /data/hub/jupyterhub.sqlite turns.txt", "leads out of the files of its lab"),
        (f"ln -s {files(lab, 'hubot')}/ok turns.txt", "leads out of the files of its lab"),
        ("ln -s /proc/self/environ turns.txt", "leads out of the files of its lab"),
        ("mkfifo turns.txt", "neither a file nor a folder"),
        ("printf x > turns.txt; chmod 000 turns.txt", "permissions don't allow it"),
        ("truncate -s 600M turns.txt", "too large for a copy, which may have 500 MB"),
        ("true", "has been moved, renamed or deleted"),
    ):
        in_lab(lab, OWNER, f"rm -f turns.txt; {how}")
        assert sentence in refusal(hubot, address), how
    assert "turns" not in in_lab(lab, "hubot", "ls -A")
    write(lab, "turns.txt", "back again")
    assert take(hubot, address).endswith("/turns.txt")
    (link,) = [one for one in mine(octocat) if one[1] == "turns.txt"]
    assert link[2] == 1, "only what was made is counted"


def test_what_is_in_the_way_stays(
    room: Classroom, octocat: httpx.Client, hubot: httpx.Client
) -> None:
    """Anything that already has the name stays, even a link to another person's files."""
    lab = room.lab
    write(lab, "way.txt", "new")
    address = made(octocat, base(OWNER), "way.txt")
    in_lab(lab, "hubot", "ln -s /data/files/nowhere way.txt; mkdir way-Copy1.txt")
    assert take(hubot, address).endswith("/way-Copy2.txt")
    assert in_lab(lab, "hubot", "readlink way.txt").strip() == "/data/files/nowhere"
    assert lab.run("test", "-e", "/data/files/nowhere")[0] != 0
    names = ("twin", "hubot", "mona")
    room.people["mona"].get(f"{labs.ADDRESS}/hub/home")
    with ThreadPoolExecutor(len(names)) as pool:  # all at once, and each gets their own
        found = list(pool.map(lambda name: take(room.people[name], address), names))
    assert [one.split("/")[2] for one in found] == list(names)


def test_a_link_taken_back_is_dead_like_any_wrong_one(
    room: Classroom, octocat: httpx.Client, hubot: httpx.Client
) -> None:
    write(room.lab, "back.txt", "x")
    address = made(octocat, base(OWNER), "back.txt")
    ((key, _, _),) = [one for one in mine(octocat) if one[1] == "back.txt"]
    form = links.fields(hubot.get(address))
    # Nobody can see or revoke another person's link.
    assert mine(hubot) == []
    take_back(hubot, key)
    assert hubot.get(address).is_success
    take_back(octocat, key)
    said = {is_dead(hubot, address)}
    assert hubot.post(copies.PLACE, data=form).status_code == 404
    short = made(octocat, base(OWNER), "back.txt", seconds=1)
    labs.wait_until(lambda: hubot.get(short).status_code == 404, "its end")
    said |= {
        is_dead(hubot, short),
        is_dead(hubot, f"{copies.PLACE}?code={'x' * 43}"),
        is_dead(hubot, f"{copies.PLACE}?code="),
        is_dead(hubot, f"{copies.PLACE}?code={key}"),
        is_dead(hubot, copies.PLACE),
    }
    assert len(said) == 1
    assert "back.txt" not in in_lab(room.lab, "hubot", "ls -A")
    for seconds in (0, -1, 8 * 24 * 3600, "1", None):
        answer = make(octocat, base(OWNER), "back.txt", seconds)  # type: ignore[arg-type]
        assert answer.status_code == 400, seconds


def test_a_link_is_dead_when_its_maker_may_not_enter_the_lab(
    room: Classroom, octocat: httpx.Client, hubot: httpx.Client
) -> None:
    """A person who may read there may give a copy, until their access ends or they are removed."""
    lab, twin = room.lab, room.people["twin"]
    write(lab, "guests.txt", "x")
    assert share(room, "hubot", role="view", seconds=None).is_success
    labs.wait_until(lambda: sharing.goes_in(room, "hubot"), "that they are let in")
    labs.wait_until(lambda: sharing.writes(room, "hubot") == 403, "that they only look")
    address = made(hubot, base(OWNER), "guests.txt")
    assert "hubot gives you a copy" in words(twin.get(address))
    assert take(twin, address).endswith("/user/twin/lab/tree/guests.txt")
    assert revoke(room, "hubot").status_code == 204
    is_dead(twin, address)
    assert make(hubot, base(OWNER), "guests.txt").status_code in {302, 403, 404}
    assert "no longer" in words(hubot.get(copies.MINE))
    assert share(room, "hubot", role="edit", seconds=None).is_success
    labs.wait_until(lambda: sharing.goes_in(room, "hubot"), "that they are let in")
    assert ask(octocat, OWNER, "DELETE", "classroom/api/people/hubot").status_code == 204
    assert "may no longer enter" in refusal(twin, address)
    assert revoke(room, "hubot").status_code == 204


def test_the_links_of_who_is_removed_from_the_class_are_dead(room: Classroom) -> None:
    """They stay dead for a person who takes that name later."""
    lab, twin, octocat = room.lab, room.people["twin"], room.people[OWNER]
    room.people["hubot"] = signed_in(room, "hubot")
    enter(room.people["hubot"], "hubot")
    write(lab, "theirs.txt", "x", "hubot")
    address = made(room.people["hubot"], base("hubot"), "theirs.txt")
    assert octocat.get(address).is_success
    page = room.people["mona"].get(f"{labs.ADDRESS}/hub/admin")
    xsrf = page.text.split('xsrf_token: "')[1].split('"')[0]
    headers = {"X-XSRFToken": xsrf, "Sec-Fetch-Mode": "cors", "Referer": str(page.url)}
    person = f"{labs.ADDRESS}/hub/api/users/hubot"
    assert room.people["mona"].delete(person, headers=headers).status_code == 204
    is_dead(twin, address)
    assert room.people["mona"].post(person, headers=headers).status_code == 201
    room.people["hubot"] = signed_in(room, "hubot")
    is_dead(twin, address)
    assert mine(room.people["hubot"]) == []


def test_no_forged_request_makes_a_copy_for_somebody(
    room: Classroom, octocat: httpx.Client, hubot: httpx.Client
) -> None:
    enter(hubot, "hubot")
    write(room.lab, "forged.txt", "x")
    address = made(octocat, base(OWNER), "forged.txt")
    good = links.fields(hubot.get(address))
    assert set(good) == {"_xsrf", "code"}
    theirs = links.fields(room.people["twin"].get(address))["_xsrf"]
    for what, data, headers in links.forged(good, theirs):
        answer = hubot.post(copies.PLACE, data=data, headers=headers)
        assert answer.status_code == 403, what
    for what, headers in links.LOOKED:
        assert hubot.get(address, headers=headers).status_code == 403, what
        assert hubot.get(copies.MINE, headers=headers).status_code == 403, what
    ((key, _, used),) = [one for one in mine(octocat) if one[1] == "forged.txt"]
    assert used == 0
    assert "forged.txt" not in in_lab(room.lab, "hubot", "ls -A")
    assert octocat.post(copies.MINE, data={"link": key}).status_code == 403
    assert [one for one in mine(octocat) if one[0] == key]


def test_only_a_lab_makes_links_for_who_is_in_it(
    room: Classroom, octocat: httpx.Client, hubot: httpx.Client
) -> None:
    """A sign-in to another lab doesn't count, nor does an API token; a kernel has neither."""
    lab = room.lab
    write(lab, "only.txt", "x")
    enter(hubot, "hubot")
    assert make(hubot, base(OWNER), "only.txt").status_code in {302, 403}
    of_hub = f"{labs.ADDRESS}/hub/api/classroom/copies"
    assert octocat.get(f"{labs.ADDRESS}{students.BASE}/lab").is_success
    wanted = {"path": "only.txt", "seconds": 3600, "owner": OWNER}
    tokens = {
        "the owner's, for the class": own_labs.token_of(octocat, f"{students.BASE}/"),
        "another's": own_labs.token_of(hubot, f"{base('hubot')}/"),
        "an API token of the owner's": sharing.token_of(room, OWNER),
        "a made-up one": "0123456789abcdef",
    }
    with web.browser(lab.hosts, room.authority.crt) as program:
        for what, token in tokens.items():
            headers = {"Authorization": f"token {token}", "Sec-Fetch-Mode": "cors"}
            assert program.post(of_hub, headers=headers, json=wanted).status_code == 403, what
        theirs = {"Authorization": f"token {own_labs.token_of(hubot, base('hubot') + '/')}"}
        for owner in ("nobody", "", ROOM):
            answer = program.post(of_hub, headers=theirs, json={**wanted, "owner": owner})
            assert answer.status_code == 403, owner


def test_a_room_and_the_class_give_copies_too(
    room: Classroom, octocat: httpx.Client, hubot: httpx.Client
) -> None:
    lab = room.lab
    enter(octocat, ROOM)
    place = f"/data/labs/{number(lab, ROOM)}/files"
    lab.run("sh", "-c", f"printf maths > {place}/sum.txt; printf all > /data/files/all.txt")
    assert take(hubot, made(octocat, base(ROOM), "sum.txt")).endswith("hubot/lab/tree/sum.txt")
    assert read(lab, "sum.txt") == "maths"
    assert octocat.get(f"{labs.ADDRESS}{students.BASE}/lab").is_success
    address = made(octocat, students.BASE, "all.txt")
    assert take(hubot, address).endswith("hubot/lab/tree/all.txt")
    # The owner, too, gets a copy next to the original.
    assert take(octocat, address).endswith("octocat/lab/tree/all.txt")
    enter(octocat, OWNER)


def test_a_restart_of_the_hub_loses_no_link_and_no_count(
    room: Classroom, octocat: httpx.Client, hubot: httpx.Client
) -> None:
    write(room.lab, "kept.txt", "x")
    address = made(octocat, base(OWNER), "kept.txt")
    gone = made(octocat, base(OWNER), "kept.txt")
    take(hubot, address)
    newest = next(one for one in mine(octocat) if one[1] == "kept.txt")
    take_back(octocat, newest[0])
    before = mine(octocat)
    restart_hub(room)
    assert mine(octocat) == before
    assert take(hubot, address).endswith("/kept-Copy1.txt")
    is_dead(hubot, gone)


NOTEBOOK = json.dumps(
    {"cells": [], "metadata": {"kernelspec": {"name": "ir"}}, "nbformat": 4, "nbformat_minor": 5}
)


def test_a_copy_says_in_what_it_was_made_when_that_is_another(
    room: Classroom, octocat: httpx.Client, hubot: httpx.Client
) -> None:
    """The image was rebuilt with other packages, and has no such kernel."""
    lab = room.lab
    site = lab.shown("sh", "-c", "echo /opt/classroom/lib/python3*/site-packages").strip()
    lab.run("mkdir", f"{site}/gone-1.0.dist-info", f"{site}/other-1.0.dist-info")
    restart_hub(room)
    write(lab, "runs.ipynb", NOTEBOOK)
    address = made(octocat, base(OWNER), "runs.ipynb")
    said = words(hubot.get(address))
    assert "other software" not in said
    assert "Its kernel “ir” isn't here" in said
    lab.run("mv", f"{site}/other-1.0.dist-info", f"{site}/other-2.0.dist-info")
    lab.run("mv", f"{site}/gone-1.0.dist-info", f"{site}/new-3.0.dist-info")
    try:
        restart_hub(room)
        for page in (hubot.get(address), press(hubot, address)):
            said = words(page)
            assert "other software was installed here" in said
            assert "gone : 1.0 then, not here now" in said.replace("gone:", "gone :")
            assert "new: not there then, 3.0 now" in said
            assert "other: 1.0 then, 2.0 now" in said
            assert "ipykernel" not in said, "the image's own are no news"
        assert copies.place_of(page) == f"{base('hubot')}/lab/tree/runs.ipynb"
    finally:
        lab.run("sh", "-c", f"rmdir {site}/new-3.0.dist-info {site}/other-2.0.dist-info")
        restart_hub(room)


def test_codes_are_not_tried_all_the_time(room: Classroom) -> None:
    tries = 300
    limits = httpx.Limits(max_connections=tries)
    host = labs.ADDRESS.partition("//")[2]
    with httpx.Client(verify=False, timeout=90, limits=limits, headers={"Host": host}) as client:
        place = f"https://{room.lab.ip}:8443/hub/take-copy"
        page = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        page["Cookie"] = f"jupyterhub-hub-login-{'0' * 8}={'a' * 32}"  # as a session

        def guess(number: int) -> int:
            return client.get(f"{place}?code={number:043x}", headers=page).status_code

        with ThreadPoolExecutor(tries) as pool:
            answers = list(pool.map(guess, range(tries)))
    assert set(answers) == {302, 429}
    assert answers.count(429) >= 20


def test_who_guesses_at_copies_keeps_nobody_else_at_their_address_out(
    room: Classroom, octocat: httpx.Client, hubot: httpx.Client
) -> None:
    """The limit counts each person's tries; the right link is not found by chance any sooner."""
    write(room.lab, "wanted.txt", "wanted")
    address = made(octocat, base(OWNER), "wanted.txt")
    twin = room.people["twin"]
    room.lab.expected += [r"429 GET /hub/take-copy"]
    with links.guessing(twin, copies.PLACE):
        assert twin.get(address).status_code == 429, "also if they come upon the right one"
        take(hubot, address)
    assert read(room.lab, "wanted.txt") == "wanted"
