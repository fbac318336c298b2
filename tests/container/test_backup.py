"""Backups of a running lab, and restoring them on another machine."""

from __future__ import annotations

import io
import json
import sqlite3
import subprocess
import tarfile
from contextlib import closing
from typing import TYPE_CHECKING

import docker
import pytest
from websockets.exceptions import ConnectionClosed

from tests import labs, students
from tests.attack.test_kept import Warned
from tests.container.test_rooms import API, Page, room, saved
from tests.container.test_snapshots import EXPECTED, QUIET, as_student, ids, signed_in, take, write

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from testcontainers.core.network import Network

    from tests.labs import Lab
    from tests.pki import Authority

TYPE_ON = """
import sqlite3, time
database = sqlite3.connect("/data/history/busy.db", isolation_level=None)
database.execute("PRAGMA journal_mode = WAL")
database.execute("CREATE TABLE pairs (one, two)")
number = 0
while True:
    database.execute("BEGIN")
    database.execute("INSERT INTO pairs VALUES (?, ?)", (number, "x" * 5000))
    database.execute("UPDATE pairs SET two = ? WHERE one = ?", (number, number))
    database.execute("COMMIT")
    number += 1
"""


def backed_up(lab: Lab) -> bytes:
    done = subprocess.run(
        ["docker", "exec", str(lab.container.id), "classroom", "backup"],
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    return done.stdout


def taken_in(lab: Lab, data: bytes) -> tuple[int, str]:
    done = subprocess.run(
        ["docker", "exec", "-i", str(lab.container.id), "classroom", "restore-backup"],
        input=data,
        capture_output=True,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).decode()


@pytest.fixture(scope="module")
def folder(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return labs.write_folder(tmp_path_factory.mktemp("tutor"), QUIET, authority)


@pytest.fixture(scope="module")
def backup(network: Network, github: Lab, authority: Authority, folder: Path) -> bytes:
    """A backup of a lab where one person typed while a program wrote to a database."""
    with labs.start(folder, network=network, expected=EXPECTED) as lab:
        lab.wait_healthy()
        with signed_in(lab, github, authority, "mona") as client:
            page = Page(students.open_socket(client, lab, room(client, "typed.ipynb")))
            page.type("typed")
            labs.wait_until(lambda: saved(client, "typed.ipynb") == "typed", "saved")
            as_student(lab, "printf mine > private; chmod 600 private; mkfifo pipe; rm pipe")
            as_student(lab, "mkdir folder; ln -s /etc/passwd folder/link; printf x > folder/x")
            take(lab)
            lab.container.exec_run(["python", "-c", TYPE_ON], user="classroom", detach=True)
            labs.wait_until(lambda: lab.run("test", "-s", "/data/history/busy.db")[0] == 0, "busy")
            data = backed_up(lab)
            page.connection.close()
        assert lab.is_well()
    return data


def extracted(data: bytes, name: str, folder: Path) -> Path:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        found = archive.extractfile(name)
        assert found is not None
        (folder / "found").write_bytes(found.read())
    return folder / "found"


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("hub/jupyterhub.sqlite", "SELECT count(*) FROM users"),
        ("history/documents.db", "SELECT count(*) FROM yupdates"),
        ("history/file_ids.db", "SELECT count(*) FROM Files"),
        # The backup catches a program that writes without a pause between two transactions.
        ("history/busy.db", "SELECT count(*) FROM pairs WHERE one = two"),
    ],
)
def test_databases_are_whole(backup: bytes, tmp_path: Path, name: str, query: str) -> None:
    with closing(sqlite3.connect(extracted(backup, name, tmp_path))) as found:
        assert found.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert found.execute(query).fetchone()[0] > 0
        if "busy" in name:
            (torn,) = found.execute("SELECT count(*) FROM pairs WHERE one != two").fetchone()
            assert torn == 0


def test_another_machine_has_everything(
    backup: bytes, network: Network, github: Lab, authority: Authority, folder: Path, volume: str
) -> None:
    with labs.start(folder, network=network, volume=volume, expected=EXPECTED) as lab:
        lab.wait_healthy()
        write(lab, "own.txt", "of this machine")
        lab.run("sh", "-c", "cat /data/hub/cookie_secret > /tmp/before")
        status, said = taken_in(lab, backup)
        assert status == 0, said
        assert "replaces all data at the next start" in said
        assert "is kept in /data/kept/" in said
        # Nothing has changed up to this point.
        assert lab.run("cat", "/data/files/own.txt")[1] == "of this machine"
        lab.container.restart(timeout=60)
        lab.wait_healthy()
        assert "restored from a backup" in lab.log
        with signed_in(lab, github, authority, "mona") as client:
            assert saved(client, "typed.ipynb") == "typed"
            page = Page(students.open_socket(client, lab, room_of(client, "typed.ipynb")))
            page.type(" on")
            labs.wait_until(lambda: saved(client, "typed.ipynb") == "typed on", "typed on")
            page.connection.close()
        _, shown = lab.run("stat", "-c", "%a %U %G", "/data/files/private", "/data/files")
        assert shown.splitlines() == ["600 student students", "2775 classroom students"]
        assert lab.run("readlink", "/data/files/folder/link")[1].strip() == "/etc/passwd"
        (snapshot,) = ids(lab)
        as_student(lab, "rm folder/x")
        assert lab.run("classroom", "restore", snapshot, "folder/x")[0] == 0
        # The previous data is kept, including the Hub's secrets.
        assert lab.run("sh", "-c", "cat /data/kept/*/files/own.txt")[1] == "of this machine"
        assert lab.run("sh", "-c", "cmp /tmp/before /data/kept/*/hub/cookie_secret")[0] == 0
        assert lab.run("sh", "-c", "ls /data/kept", user="student")[0] != 0
        assert lab.run("test", "-e", "/data/files/own.txt")[0] != 0


def room_of(client: object, name: str) -> str:
    """Return the path of an existing notebook's room."""
    body = {"format": "json", "type": "notebook"}
    address = f"{labs.ADDRESS}{students.BASE}/api/collaboration/session/{name}"
    found = client.put(address, json=body).json()  # type: ignore[attr-defined]
    return f"api/collaboration/room/json:notebook:{found['fileId']}?sessionId={found['sessionId']}"


def test_materials_stay_where_they_are(
    backup: bytes, network: Network, folder: Path, volume: str, tmp_path: Path
) -> None:
    """Materials are the tutor's folder, which is mounted among the files, and in no backup."""
    (tmp_path / "lesson.txt").write_text("read me")
    options = {"volume": volume, "materials": tmp_path}
    with labs.start(folder, network=network, expected=EXPECTED, **options) as lab:  # type: ignore[arg-type]
        lab.wait_healthy()
        write(lab, "own.txt", "own")
        own = backed_up(lab)
        take(lab)
        assert not any("lesson.txt" in name for name in names(own))
        status, said = taken_in(lab, backup)
        assert status == 0, said
        lab.container.restart(timeout=60)
        lab.wait_healthy()
        assert lab.run("cat", "/home/classroom/materials/lesson.txt")[1] == "read me"
        assert lab.run("test", "-e", "/data/files/private")[0] == 0
        assert lab.run("sh", "-c", "cat /data/kept/*/files/own.txt")[1] == "own"


def come_back(page: Page, client: httpx.Client, lab: Lab, where: str) -> str:
    """Reconnect with all that a page has, as it does by itself; return the rejection's reason."""
    page.connection = students.open_socket(client, lab, where)
    page.send_all()
    with pytest.raises(ConnectionClosed) as closed:
        page.listen_until(lambda: False, 60)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1003
    return str(closed.value.rcvd.reason)


def test_pages_of_before_a_restored_backup_reload_and_what_only_they_had_is_in_one_copy(
    volume: str,
) -> None:
    expected = (*EXPECTED, r"Saved edits to .* from pages opened earlier", r"ServerApp\] delete /")
    with labs.start(volume=volume, expected=expected) as lab:
        lab.wait_healthy()
        with students.signed_in(lab) as ada, students.signed_in(lab, "bob") as bob:
            where, same = room(ada, "lesson.ipynb"), room(ada, "same.ipynb")
            pages = [Page(students.open_socket(one, lab, where)) for one in (ada, bob)]
            unchanged = Page(students.open_socket(bob, lab, same))
            pages[0].type("before")
            labs.wait_until(lambda: saved(ada, "lesson.ipynb") == "before", "saved")
            data = backed_up(lab)
            late = room(ada, "late.ipynb")
            new = Page(students.open_socket(ada, lab, late))
            new.type("made after the backup")
            pages[0].type(" after")
            pages[1].listen_until(lambda: str(pages[1].source) == "before after")
            labs.wait_until(lambda: saved(ada, "lesson.ipynb") == "before after", "saved")
            assert taken_in(lab, data)[0] == 0
            lab.container.restart(timeout=60)
            lab.wait_healthy()
            # Each of them types this while disconnected.
            pages[0].type(" ada")
            pages[1].type(" bob")
            heard = Warned(ada, lab)
            for page, client in zip(pages, (ada, bob), strict=True):
                assert "restored from a backup" in come_back(page, client, lab, where)
            assert "restored from a backup" in come_back(new, ada, lab, late)
            assert "restored from a backup" in come_back(unchanged, bob, lab, same)
            heard.listen_until(lambda: len(heard.notices) == 2)
            assert saved(ada, "lesson.ipynb") == "before"
            listed = [one["name"] for one in ada.get(f"{API}/contents").json()["content"]]
            copies = [name for name in listed if "(typed until " in name]
            assert len(copies) == 2, "of a document that is the same there is none"
            (lesson,) = (name for name in copies if name.startswith("lesson"))
            (made,) = (name for name in copies if name.startswith("late"))
            assert set(saved(ada, lesson).split()) == {"before", "after", "ada", "bob"}
            assert saved(ada, made) == "made after the backup"
            assert [lesson in heard.notices[0], made in heard.notices[1]] == [True, True]
            # A person who reloads is in the backup's document, and can go on typing.
            where = room_of(ada, "lesson.ipynb")
            again = Page(students.open_socket(ada, lab, where))
            assert str(again.source) == "before"
            again.type(" on")
            labs.wait_until(lambda: saved(ada, "lesson.ipynb") == "before on", "saved")
            # Later starts don't reject anybody's copy again.
            lab.kill_server()
            labs.wait_until(
                lambda: ada.get(f"{API}/me").status_code == 200, "back", ignoring=labs.AWAY
            )
            again.type(" still")
            again.connection = students.open_socket(ada, lab, where)
            again.send_all()
            labs.wait_until(lambda: saved(ada, "lesson.ipynb") == "before on still", "saved")


def names(data: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return archive.getnames()


def test_bad_input_is_a_sentence_and_changes_nothing(
    backup: bytes, network: Network, folder: Path
) -> None:
    with labs.start(folder, network=network, expected=EXPECTED) as lab:
        lab.wait_healthy()
        write(lab, "own.txt", "own")
        broken = bytearray(backup)
        broken[len(broken) // 2] ^= 0xFF
        for data in (b"", b"notes", backup[:-200], backup[: len(backup) // 2], bytes(broken)):
            status, said = taken_in(lab, data)
            assert status == 1
            assert said.startswith("Nothing was changed: the file ")
            assert len(said.splitlines()) == 1, said
            assert lab.run("sh", "-c", "ls -A /data/incoming")[1] == ""
        assert taken_in(lab, backup)[0] == 0
        status, said = taken_in(lab, backup)
        assert status == 1
        assert "Another backup already waits for the next start" in said
        assert lab.run("cat", "/data/files/own.txt")[1] == "own"


def test_a_lab_that_is_down_can_be_backed_up_and_restored(
    backup: bytes, volume: str, network: Network, folder: Path
) -> None:
    """`make` works then in a container of its own that mounts the volume."""
    once = ["docker", "run", "--rm", "-i", "-v", f"{volume}:/data", "--entrypoint", "classroom"]
    rights = [f"--cap-add={name}" for name in labs.CAPABILITIES]
    label = ["--label", "=".join(*labs.LABELS.items())]
    command = [*once, "--cap-drop=ALL", *rights, *label, labs.IMAGE]
    done = subprocess.run(
        [*command, "restore-backup"], input=backup, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with labs.start(folder, network=network, volume=volume, expected=EXPECTED) as lab:
        lab.wait_healthy()
        assert lab.run("cat", "/data/files/private")[1] == "mine"
    again = subprocess.run([*command, "backup"], capture_output=True, check=True)
    assert {"files/private", "hub/jupyterhub.sqlite"} <= set(names(again.stdout))
    made = json.loads(
        docker.from_env()
        .containers.run(
            labs.IMAGE,
            ["-c", 'stat -c \'{"owner": "%U"}\' /data/history/documents.db*'],
            entrypoint="sh",
            volumes={volume: {"bind": "/data"}},
            labels=labs.LABELS,
            remove=True,
        )
        .splitlines()[-1]
    )
    assert made == {"owner": "classroom"}, "reading as root leaves nothing of root's beside it"
