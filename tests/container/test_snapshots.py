"""Going back: snapshots of the class's files, made beside the lab, and what a restore brings
back."""

from __future__ import annotations

import contextlib
import json
import shlex
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from docker.types import Mount

from tests import labs, students, web
from tests.container.test_rooms import NOTEBOOK, Page, room, saved

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from testcontainers.core.network import Network

    from tests.labs import Lab
    from tests.pki import Authority

API = f"{labs.ADDRESS}{students.BASE}/api"
OURS = f"{labs.ADDRESS}{students.BASE}/classroom/api/snapshots"
BEAT = f"{labs.GITHUB_CONFIG}\nc.Classroom.snapshot_interval = 1\nc.Classroom.chat = False\n"
QUIET = f"{labs.GITHUB_CONFIG}\nc.Classroom.snapshot_interval = 0\n"
EXPECTED = (
    r"403 (GET|POST) |Blocking Cross|not allowed|'_xsrf' argument missing|415 GET",
    r"wrote error: '(Only a tutor may do that.|Forbidden)'",
)
TAKE = """
import json, pathlib
from classroom.runtime.ipc import client
place = pathlib.Path("/run/classroom/snapshots/snapshots.sock")
print(json.dumps(client.ask(place, "/snapshots", body={"why": "asked"}, seconds=60)))
"""


MANY = f"""
import pathlib
{TAKE}
for number in range(20):
    pathlib.Path("/data/files/many.txt").write_text(str(number))
    client.ask(place, "/snapshots", body={{"why": "asked"}}, seconds=60)
"""


def take(lab: Lab) -> dict[str, Any]:
    """Take a snapshot now, as root; return whether one was made, and the newest one."""
    status, said = lab.run("python", "-c", TAKE)
    assert status == 0, said
    found: dict[str, Any] = json.loads(said)
    return found


def listed(lab: Lab) -> list[list[str]]:
    """List the snapshots as the tutor's shell does: the words of each line, the newest first."""
    status, said = lab.run("classroom", "snapshots")
    assert status == 0, said
    return [line.split() for line in said.splitlines()[1:]]


def ids(lab: Lab) -> list[str]:
    return [row[0] for row in listed(lab)]


def as_student(lab: Lab, script: str) -> tuple[int, str]:
    """Run a shell command as the user that runs students' code."""
    return lab.run("sh", "-c", f"umask 002; cd /data/files; {script}", user="student")


def shown_by(lab: Lab, script: str) -> list[str]:
    """Run a shell command as root; return the words that it printed."""
    return lab.run("sh", "-c", script)[1].split()


def write(lab: Lab, name: str, text: str) -> None:
    status, said = as_student(lab, f"printf %s {shlex.quote(text)} > {name}")
    assert status == 0, said


def read(lab: Lab, name: str) -> str:
    status, said = lab.run("cat", f"/data/files/{name}")
    assert status == 0, said
    return said


@contextlib.contextmanager
def signed_in(lab: Lab, github: Lab, authority: Authority, login: str) -> Iterator[httpx.Client]:
    with web.browser({**lab.hosts, labs.GITHUB: github.ip}, authority.crt) as client:
        page = web.sign_in_with_github(client, labs.ADDRESS, login)
        assert page.status_code == 200, page.text
        token = client.cookies.get("_xsrf", path=f"{students.BASE}/")
        client.headers["X-XSRFToken"] = str(token)
        client.timeout = 60
        yield client


@pytest.fixture(scope="module")
def lab(
    network: Network,
    github: Lab,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    """A lab that takes snapshots only on request."""
    del github
    folder = tmp_path_factory.mktemp("tutor")
    with labs.configured(folder, QUIET, authority, network, EXPECTED) as found:
        yield found


@pytest.fixture(scope="module")
def mona(lab: Lab, github: Lab, authority: Authority) -> Iterator[httpx.Client]:
    with signed_in(lab, github, authority, "mona") as client:
        yield client


@pytest.fixture(scope="module")
def octocat(lab: Lab, github: Lab, authority: Authority) -> Iterator[httpx.Client]:
    with signed_in(lab, github, authority, "Octocat") as client:
        yield client


def restore(client: httpx.Client, snapshot: str, path: str) -> dict[str, Any]:
    answer = client.post(f"{OURS}/{snapshot}/restore", json={"path": path})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# ── Making them ────────────────────────────────────────────────────────────────────────────


def test_they_are_made_on_a_beat_if_anything_has_changed_and_at_the_end(
    network: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    del github
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), BEAT, authority)
    with labs.start(folder, network=network) as lab:
        lab.wait_healthy()
        assert listed(lab) == [], "of nothing there is none"
        write(lab, "a.txt", "one")
        labs.wait_until(lambda: len(listed(lab)) == 1, "one with the file")
        assert take(lab)["made"] is False, "nothing has changed since"
        write(lab, "b.txt", "two")
        labs.wait_until(lambda: len(listed(lab)) == 2, "one with the other file")
        assert lab.log.count("Snapshot ") == 2, "however many beats there were"
        # The oldest ones are removed: twelve are kept, and the last of an hour, a day and a week.
        status, said = lab.run("python", "-c", MANY)
        assert status == 0, said
        write(lab, "beat.txt", "and one more, on a beat")
        labs.wait_until(lambda: 12 <= len(listed(lab)) <= 15, "fewer snapshots")
        # Typing has priority over restic.
        lab.run("sh", "-c", "head -c 300M /dev/urandom > /data/files/large")
        ask = "ps -o ni=,user= -C restic"
        shown = labs.wait_until(partial(shown_by, lab, ask), "restic")
        assert shown == ["19", "root"]
        lab.run("rm", "/data/files/large")
        write(lab, "c.txt", "three")
        lab.container.stop(timeout=60)
        lab.container.start()
        lab.wait_healthy()
        found = listed(lab)
        _, shown = lab.run("classroom", "restore", found[0][0], "c.txt")
        assert "1 file restored" in shown


def test_at_the_end_it_has_what_was_typed_last(
    network: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The snapshot is taken after the lab has saved the open documents."""
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), QUIET, authority)
    with labs.start(folder, network=network, expected=EXPECTED) as lab:
        lab.wait_healthy()
        take(lab)  # this makes the repository
        with signed_in(lab, github, authority, "mona") as client:
            where = room(client, "last.ipynb")
            page, other = (Page(students.open_socket(client, lab, where)) for _ in range(2))
            page.type("the last word")
            other.listen_until(lambda: str(other.source) == "the last word")
            lab.container.stop(timeout=60)
        begun = time.monotonic()
        lab.container.start()
        lab.wait_healthy()
        assert time.monotonic() - begun < 60
        newest = listed(lab)[0]
        assert newest[-4:] == ["when", "the", "lab", "stopped"]
        lab.run("rm", "/data/files/last.ipynb")
        lab.run("classroom", "restore", newest[0], "last.ipynb")
        assert "the last word" in read(lab, "last.ipynb"), lab.log


def test_hostile_files_are_no_trouble(lab: Lab, mona: httpx.Client) -> None:
    """A pipe doesn't block it, a private file is included, and an enormous one is left out."""
    script = """
        mkdir hostile; cd hostile; mkfifo pipe; ln -s /srv/jupyterhub/config secrets
        printf mine > private; chmod 600 private
        mkdir closed; printf x > closed/y; chmod 700 closed
        truncate -s 8T enormous; printf x > "$(printf 'no\\377text\\033[31m\\n')"; printf ok > fine
        python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
    """
    status, said = as_student(lab, script)
    assert status == 0, said
    begun = time.monotonic()
    made = take(lab)
    assert time.monotonic() - begun < 30
    snapshot = made["newest"]["id"]
    tree = mona.get(f"{OURS}/{snapshot}/tree", params={"path": "hostile"}).json()["entries"]
    kinds = {entry["name"]: entry["type"] for entry in tree}
    assert kinds["private"] == "file"
    assert kinds["secrets"] == "symlink"
    assert "enormous" not in kinds
    assert not any("jupyterhub_config" in name for name in kinds), "no link is followed"
    as_student(lab, "rm -r hostile")
    report = restore(mona, snapshot, "hostile")
    assert read(lab, "hostile/private") == "mine"
    assert read(lab, "hostile/closed/y") == "x"
    _, said = lab.run("stat", "-c", "%A %U %G", "/data/files/hostile/private")
    assert said.split() == ["-rw-rw-r--", "classroom", "students"], "all may edit it"
    status, said = as_student(lab, "printf x >> hostile/private && printf x > hostile/closed/new")
    assert status == 0, said
    assert {path.rpartition("/")[2] for path in report["left"]} <= {"pipe", "socket"}


# ── Who may ────────────────────────────────────────────────────────────────────────────────


def test_students_cannot_read_alter_or_delete_them(lab: Lab) -> None:
    write(lab, "kept.txt", "kept")
    take(lab)
    before = ids(lab)
    connect = "import socket; socket.socket(socket.AF_UNIX).connect"
    for attempt in (
        "ls /data/snapshots",
        "cat /data/snapshots/repository/config",
        "rm -rf /data/snapshots/repository/snapshots",
        "mv /data/snapshots /data/files/mine",
        "touch /data/snapshots/lock",
        "restic --repo /data/snapshots/repository --insecure-no-password snapshots",
        f"python3 -c '{connect}(\"/run/classroom/snapshots/snapshots.sock\")'",
        f"python3 -c '{connect}(\"/run/classroom/restoring/restoring.sock\")'",
        "classroom snapshots",
        "classroom restore 00000000",
        "classroom backup > /tmp/backup",
        "kill $(pgrep -f [c]lassroom.snapshots)",
    ):
        status, said = as_student(lab, attempt)
        if status and not said:  # Docker has lost the output
            status, said = as_student(lab, attempt)
        assert status != 0, f"{attempt}: {said}"
        assert "ermission denied" in said or "not permitted" in said, f"{attempt}: {said}"
    assert ids(lab) == before


def test_the_lab_server_itself_cannot_alter_them(lab: Lab) -> None:
    """The lab server's user may only request them."""
    for attempt in ("ls /data/snapshots", "rm -rf /data/snapshots/repository"):
        status, _ = lab.run("sh", "-c", attempt, user="classroom")
        assert status != 0


def test_the_socket_answers_by_the_kernels_word(lab: Lab) -> None:
    """A process that can connect to the socket, here by its directory's group, gets no answer."""
    ask = TAKE.replace('body={"why": "asked"}, ', "")
    script = f"import os; os.setgroups([1000]); os.setuid(1001)\n{ask}"
    status, said = lab.run("python", "-c", script)
    assert status != 0
    assert "Forbidden" in said, said


def test_what_reads_as_root_is_kept_to_the_classs_files(lab: Lab) -> None:
    """If a student replaces a folder by a link while restic walks, the link leads nowhere."""
    as_student(lab, "ln -sfn /data/hub link")
    script = """
import os, subprocess, sys
from classroom.runtime.paths import Paths
from classroom.sandbox import filesystem, landlock
if not filesystem.is_confined():
    words = (*filesystem.prefix(Paths(), landlock.abi()), sys.executable, *sys.orig_argv[1:])
    os.execvp(words[0], words)
print(open("/data/files/kept.txt").read())
for path in ("/data/files/link/cookie_secret", "/srv/jupyterhub/config/jupyterhub_config.py"):
    try:
        print(open(path).read())
    except PermissionError:
        print("refused")
print(subprocess.run(["cat", "/data/files/link/cookie_secret"], capture_output=True).returncode)
try:
    open("/data/files/mine", "w")
except PermissionError:
    print("writes nothing")
"""
    write(lab, "kept.txt", "kept")
    _, said = lab.run("python", "-c", script)
    assert said.split("\n")[:5] == ["kept", "refused", "refused", "1", "writes nothing"], said


def test_unconfined_it_makes_no_snapshot(lab: Lab) -> None:
    """If the service starts without its confining prefix, it reports that and reads nothing."""
    before = ids(lab)
    script = """
import asyncio, os, signal
from pathlib import Path
from classroom.runtime.paths import Paths
from classroom.snapshots.__main__ import arguments, run
paths = Paths(run=Path("/tmp/unconfined"))
paths.snapshots_socket.parent.mkdir(parents=True)
async def main():
    service = asyncio.create_task(run(paths, [], 1, arguments()))
    async with asyncio.timeout(60):
        while not paths.snapshots_socket.exists():
            await asyncio.sleep(0.01)
    os.kill(os.getpid(), signal.SIGTERM)
    await service
asyncio.run(main())
"""
    status, said = lab.run("python", "-c", script)
    assert status == 0, said
    assert "No snapshots:" in said
    assert ids(lab) == before


def test_only_tutors_are_answered(
    lab: Lab, mona: httpx.Client, octocat: httpx.Client, authority: Authority
) -> None:
    write(lab, "secret.txt", "x")
    snapshot = take(lab)["newest"]["id"]
    reads = ("", f"/{snapshot}/tree", f"/{snapshot}/preview?path=secret.txt")
    for path in reads:
        assert mona.get(f"{OURS}{path}").status_code == 200, path
        assert octocat.get(f"{OURS}{path}").status_code == 403, path
    body = {"path": "secret.txt"}
    assert octocat.post(f"{OURS}/{snapshot}/restore", json=body).status_code == 403
    with web.browser(lab.hosts, authority.crt) as stranger:
        stranger.follow_redirects = False
        for path in reads:
            assert stranger.get(f"{OURS}{path}").status_code in {302, 403}, path
    # A page of another site sends a request with a tutor's cookies.
    headers = {"X-XSRFToken": "", "Origin": "https://evil.classroom.test"}
    answer = mona.post(f"{OURS}/{snapshot}/restore", json=body, headers=headers)
    assert answer.status_code == 403
    answer = mona.post(f"{OURS}/{snapshot}/restore", json=body, headers={"X-XSRFToken": ""})
    assert answer.status_code == 403


def test_a_preview_runs_nothing(lab: Lab, mona: httpx.Client) -> None:
    write(lab, "page.html", "<script>alert(1)</script>")
    as_student(lab, "head -c 100 /dev/zero > zeros")
    snapshot = take(lab)["newest"]["id"]
    shown = mona.get(f"{OURS}/{snapshot}/preview", params={"path": "page.html"})
    assert shown.text == "<script>alert(1)</script>"
    assert shown.headers["Content-Type"].lower() == "text/plain; charset=utf-8"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    answer = mona.get(f"{OURS}/{snapshot}/preview", params={"path": "zeros"})
    assert answer.status_code == 415
    assert "no preview" in answer.json()["message"]


# ── Going back ─────────────────────────────────────────────────────────────────────────────


def test_a_folder_comes_back_and_what_is_new_in_it_stays(lab: Lab, mona: httpx.Client) -> None:
    as_student(lab, "mkdir -p lesson/data; printf a > lesson/a; printf b > lesson/data/b")
    as_student(lab, "printf '#!/bin/sh' > lesson/run; chmod +x lesson/run; printf z > beside")
    snapshot = take(lab)["newest"]["id"]
    as_student(lab, "rm -r lesson/data; printf changed > lesson/a; printf new > lesson/new")
    as_student(lab, "printf changed > beside; rm lesson/run")
    report = restore(mona, snapshot, "lesson")
    assert report["restored"] == 3
    assert report["left"] == {}
    assert (read(lab, "lesson/a"), read(lab, "lesson/data/b")) == ("a", "b")
    assert read(lab, "lesson/new") == "new"
    assert read(lab, "beside") == "changed"
    assert lab.run("test", "-x", "/data/files/lesson/run")[0] == 0
    status, said = as_student(lab, "printf x > lesson/data/c && printf x >> lesson/data/b")
    assert status == 0, said
    # Go forward again: a snapshot of its own has the files from before the restore.
    restore(mona, report["before"], "lesson/a")
    assert read(lab, "lesson/a") == "changed"
    assert " ".join(listed(lab)[1]).endswith("before a restore")


def test_everybody_in_an_open_document_sees_what_comes_back(
    lab: Lab, mona: httpx.Client, octocat: httpx.Client
) -> None:
    """Neither their pages nor the room overwrite it."""
    where = room(mona, "open.ipynb")
    tutor, student = (Page(students.open_socket(client, lab, where)) for client in (mona, octocat))
    tutor.type("good")
    labs.wait_until(lambda: saved(mona, "open.ipynb") == "good", "the good version on the disk")
    snapshot = take(lab)["newest"]["id"]
    student.listen_until(lambda: str(student.source) == "good")
    student.type(" gone bad")
    # This text isn't saved yet, but the snapshot before the restore has it.
    report = restore(mona, snapshot, "open.ipynb")
    assert report["restored"] == 1, report
    for page in (tutor, student):
        page.listen_until(lambda page=page: str(page.source) == "good")
    assert saved(mona, "open.ipynb") == "good"
    student.type(" again")
    tutor.listen_until(lambda: str(tutor.source) == "good again")
    labs.wait_until(
        lambda: saved(mona, "open.ipynb") == "good again", "what is typed from there on"
    )
    shown = mona.get(f"{OURS}/{report['before']}/preview", params={"path": "open.ipynb"}).text
    assert "good gone bad" in shown
    tutor.connection.close()
    student.connection.close()


def test_a_file_with_a_later_time_than_any_comes_back_too(lab: Lab, mona: httpx.Client) -> None:
    """Upstream detects changes by time: a file from the next century must not win."""
    page = Page(students.open_socket(mona, lab, room(mona, "future.ipynb")))
    page.type("good")
    labs.wait_until(lambda: saved(mona, "future.ipynb") == "good", "saved")
    snapshot = take(lab)["newest"]["id"]
    page.type(" bad")
    labs.wait_until(lambda: saved(mona, "future.ipynb") == "good bad", "saved")
    lab.run("touch", "-d", "2099-01-01", "/data/files/future.ipynb", user="classroom")
    # The lab checks open files one after the other. Once it has found two changes of another file,
    # of which the second was made after it had found the first, it has seen the later time, too.
    beside = Page(students.open_socket(mona, lab, room(mona, "beside.ipynb")))
    for word in ("first", "second"):
        changed = NOTEBOOK | {"cells": [NOTEBOOK["cells"][0] | {"source": word}]}
        write(lab, "beside.ipynb", json.dumps(changed))
        beside.listen_until(lambda word=word: str(beside.source) == word)
    beside.connection.close()
    restore(mona, snapshot, "future.ipynb")
    page.listen_until(lambda: str(page.source) == "good")
    page.type("!")
    labs.wait_until(lambda: saved(mona, "future.ipynb") == "good!", "the room saves what it shows")
    page.connection.close()


def test_what_an_open_document_cannot_become_is_left(lab: Lab, mona: httpx.Client) -> None:
    write(lab, "broken.ipynb", "no notebook")
    snapshot = take(lab)["newest"]["id"]
    page = Page(students.open_socket(mona, lab, room(mona, "broken.ipynb")))
    report = restore(mona, snapshot, "broken.ipynb")
    assert report["restored"] == 0
    assert "close it" in report["left"]["broken.ipynb"]
    assert saved(mona, "broken.ipynb") == str(page.source)
    page.connection.close()


def test_no_link_leads_a_restore_out(lab: Lab, mona: httpx.Client) -> None:
    """A restore that followed the link could write into the lab server's own folder."""
    as_student(lab, "mkdir -p way/out; printf x > way/out/documents.db; printf x > way/file")
    snapshot = take(lab)["newest"]["id"]
    as_student(lab, "rm -r way/out way/file; ln -s /data/history way/out")
    as_student(lab, "ln -s /data/history/cookie_secret way/file")
    theirs = "cd /data/history && ls -A --ignore='documents.db-*' && head -c 15 documents.db"
    before = lab.run("sh", "-c", theirs)
    assert before[0] == 0
    report = restore(mona, snapshot, "way")
    assert set(report["left"]) == {"way/out", "way/out/documents.db"}
    assert "a link or a file" in report["left"]["way/out"]
    assert read(lab, "way/file") == "x"
    assert lab.run("sh", "-c", theirs) == before, "nothing there was written or made"


def test_a_folder_that_turns_into_a_link_leads_nowhere(lab: Lab, mona: httpx.Client) -> None:
    """A student swaps a folder and a link as fast as possible, while the tutor restores."""
    as_student(lab, "mkdir race; for n in $(seq 200); do printf x > race/landed$n; done")
    snapshot = take(lab)["newest"]["id"]
    swap = """
import contextlib, os, pathlib
os.symlink("/data/history", "led")
number = 0
while not pathlib.Path("enough").exists():
    try:
        for one, other in ("race", "aside"), ("led", "race"), ("race", "led"), ("aside", "race"):
            os.rename(one, other)
    except OSError:
        # The restore has made a folder in between: it may have it, and on it goes.
        number += 1
        with contextlib.suppress(OSError):
            if os.path.islink("race"):
                os.rename("race", "led")
            elif os.path.isdir("aside"):
                os.rename("race", f"stray{number}")
            if os.path.isdir("aside"):
                os.rename("aside", "race")
"""
    command = ["python3", "-c", swap]
    lab.container.exec_run(command, user="student", workdir="/data/files", detach=True)
    labs.wait_until(lambda: lab.run("test", "-L", "/data/files/race")[0] == 0, "the link")
    met = labs.wait_until(
        lambda: restore(mona, snapshot, "race")["left"],
        "a link that it met",
        ignoring=(AssertionError,),  # the restore met the folder that was moved
    )
    as_student(lab, "touch enough")
    assert "a link or a file" in " ".join(met.values())
    assert "landed" not in lab.run("ls", "/data/history")[1]
    # A folder may have been moved while it was open: its files landed inside the class's files.
    assert lab.run("sh", "-c", "find / -xdev -name 'landed*' -not -path '/data/files/*'")[1] == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("00000000",), "Not found: there is no such snapshot."),
        (("--help-me",), "error"),
        (("",), "Name a snapshot"),
        (("latest",), "Not found: there is no such snapshot."),
        (("{id}", "nothing/there"), "Not found: there is nothing of that name in the snapshot."),
        (("{id}", "../hub"), "'../hub' is no path of the class's files."),
    ],
)
def test_what_cannot_be_restored_is_a_sentence(lab: Lab, words: tuple[str, ...], said: str) -> None:
    write(lab, "kept.txt", "kept")
    snapshot = take(lab)["newest"]["id"]
    before = ids(lab)
    given = [word.format(id=snapshot) for word in words]
    status, shown = lab.run("classroom", "restore", *given)
    assert status != 0
    assert said in shown
    assert "Traceback" not in shown
    assert ids(lab) == before
    assert read(lab, "kept.txt") == "kept"


# ── When something is wrong ────────────────────────────────────────────────────────────────


def test_a_full_disk_stops_snapshots_and_nothing_else(
    network: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    del github
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), BEAT, authority)
    full = r"No snapshot: only|is not a volume|The disk is nearly full"
    options = {"mounts": [Mount("/data", None, type="tmpfs", tmpfs_size=200 << 20)]}
    with labs.start(folder, network=network, options=options, expected=(full,)) as lab:
        lab.wait_healthy()
        write(lab, "first", "first")
        labs.wait_until(lambda: listed(lab), "the first")
        before = ids(lab)
        # A few megabytes belong to the lab, so that it can start while all else is full.
        lab.run("sh", "-c", "head -c 180M /dev/zero > /data/files/large")
        labs.wait_until(lambda: "No snapshot: only" in lab.log, "the sentence")
        for word in ("one", "two"):
            write(lab, word, word)
            status, said = lab.run("python", "-c", TAKE)
            assert status != 0
            assert "free on the disk" in said
        assert lab.log.count("No snapshot: only") == 1, "said once"
        assert set(before) <= set(ids(lab))
        assert lab.is_well()
        lab.run("rm", "/data/files/large")
        labs.wait_until(lambda: len(listed(lab)) > len(before), "the next")


def test_a_broken_repository_is_a_sentence_and_no_crash(
    network: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    del github
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), BEAT, authority)
    expected = (r"No snapshot could be made", r"The snapshot service ended with -9")
    with labs.start(folder, network=network, expected=expected) as lab:
        lab.wait_healthy()
        write(lab, "first", "first")
        labs.wait_until(lambda: listed(lab), "the first")
        lab.run("kill", "-9", str(lab.pid("classroom.snapshots")))
        labs.wait_until(lambda: "ended with -9" in lab.log, "that it died")
        labs.wait_until(
            lambda: listed(lab), "it is back, with what there was", ignoring=(AssertionError,)
        )
        lab.run("sh", "-c", "echo > /data/snapshots/repository/config")
        write(lab, "a", "a")
        labs.wait_until(lambda: "No snapshot could be made" in lab.log, "the sentence")
        assert lab.is_well()
        assert lab.log.count("The snapshot service ended") == 1
