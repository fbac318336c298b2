"""A full volume: the lab starts, people sign in and make room, and no typed text is lost.

Another container fills the volume, as another program on the same disk would.
"""

from __future__ import annotations

import contextlib
import io
import tarfile
import uuid
from typing import TYPE_CHECKING

import docker
import pytest

from classroom.lab.files import contents_manager
from tests import labs, logs, students
from tests.attack.test_kept import FULL, Warned
from tests.container import failures, test_failures
from tests.container.test_backup import backed_up
from tests.container.test_rooms import API, Page, room, saved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker.models.containers import Container

    from tests.labs import Lab

EXPECTED = (
    *FULL,
    r"is full: the lab starts, but saves nothing",
    r"can't be saved: The class's disk is full",
    r"New text is only in memory|ServerApp\] delete /",
    r"will have to reload after a restart",
    r"507 (GET|PUT|POST)",
    r"The volume's reserve can't be held",
)
BYTES = "dd if=/dev/zero of=/data/files/filler bs=1M; dd if=/dev/zero of=/data/files/rest bs=4k"
FILES = "(mkdir /data/files/many; cd /data/files/many; i=0; while : > $i; do i=$((i+1)); done)"


@contextlib.contextmanager
def shared(options: str) -> Iterator[tuple[str, Container]]:
    """A volume in memory, of a given size, and a second container that can fill it."""
    client, name = docker.from_env(), f"full-{uuid.uuid4().hex[:8]}"
    device = {"type": "tmpfs", "device": "tmpfs", "o": options}
    made = client.volumes.create(name, driver_opts=device, labels=labs.LABELS)
    other = client.containers.run(
        labs.IMAGE,
        "infinity",
        entrypoint="sleep",
        volumes={name: {"bind": "/data", "mode": "rw"}},
        healthcheck=labs.NO_HEALTH_CHECK,
        labels=labs.LABELS,
        detach=True,
    )
    try:
        yield name, other
    finally:
        other.remove(force=True)
        made.remove(force=True)


def fill(other: Container, how: str = BYTES) -> None:
    other.exec_run(["sh", "-c", f"{how}; chmod -R a+rwX /data/files/*"])


def is_held(lab: Lab) -> bool:
    return lab.run("test", "-e", "/data/reserve/bytes")[0] == 0


def restart(lab: Lab) -> None:
    lab.container.restart(timeout=60)
    lab.wait_healthy()


@pytest.mark.parametrize(
    ("options", "how", "filler"),
    [("size=300m", BYTES, "filler"), ("size=300m,nr_inodes=4000", FILES, "many")],
    ids=["bytes", "files"],
)
def test_a_lab_with_a_full_volume_starts_and_goes_on_when_somebody_makes_room(
    options: str, how: str, filler: str
) -> None:
    with (
        shared(options) as (volume, other),
        labs.start(volume=volume, expected=EXPECTED) as lab,
    ):
        lab.wait_healthy()
        labs.wait_until(lambda: is_held(lab), "the reserve")
        with students.signed_in(lab) as client:
            page = Page(students.open_socket(client, lab, room(client, "n.ipynb")))
            standing = Warned(client, lab)
            page.type("one")
            labs.wait_until(lambda: saved(client, "n.ipynb") == "one", "a save")
            room(client, "other.ipynb")
            fill(other, how)
            page.type(" while it was full")
            standing.listen_until(lambda: standing.warnings)
            assert "not being saved: the disk is full" in standing.warnings[0]
        restart(lab)
        assert "is full: the lab starts, but saves nothing" in lab.log
        assert not is_held(lab)
        # Sign in a person whom the Hub doesn't know yet.
        with students.signed_in(lab, "bob") as client:
            standing = Warned(client, lab)
            standing.listen_until(lambda: standing.warnings)
            assert saved(client, "n.ipynb") == "one"
            other_page = Page(students.open_socket(client, lab, room_of(client, "other.ipynb")))
            assert str(other_page.source) == ""
            table = test_failures.table()
            for key, attempt in failures.FULL.items():
                answer = test_failures.ask({"ada": client}, attempt)
                said = answer.status_code, test_failures.sentence_of(answer)
                assert said == table[key], (key, answer.text)
            gone = client.delete(f"{API}/contents/{filler}")
            assert gone.status_code == 204, gone.text
            sentence = contents_manager.REMOVED.format(name=filler)
            standing.listen_until(lambda: sentence in standing.notices)
            standing.listen_until(lambda: not standing.warnings)
            # The file is saved although nobody opens it.
            labs.wait_until(lambda: saved(client, "n.ipynb") == "one while it was full", "healed")
            page = Page(students.open_socket(client, lab, room_of(client, "n.ipynb")))
            page.type(" on")
            labs.wait_until(lambda: saved(client, "n.ipynb") == "one while it was full on", "on")
        labs.wait_until(lambda: is_held(lab), "the reserve again")
        restart(lab)
        with students.signed_in(lab, "bob") as client:
            assert saved(client, "n.ipynb") == "one while it was full on"


def room_of(client: object, name: str) -> str:
    """Return the path of a room without writing the notebook."""
    body = {"format": "json", "type": "notebook"}
    found = client.put(f"{API}/collaboration/session/{name}", json=body).json()  # type: ignore[attr-defined]
    return f"api/collaboration/room/json:notebook:{found['fileId']}?sessionId={found['sessionId']}"


def test_while_the_volume_is_full_people_sign_in_and_what_they_type_outlasts_a_kill() -> None:
    """It works without a restart, too: the Hub and the journal have reserved space."""
    with (
        shared("size=300m") as (volume, other),
        labs.start(volume=volume, expected=(*EXPECTED, *logs.FALLEN)) as lab,
    ):
        lab.wait_healthy()
        with students.signed_in(lab) as client:
            page = Page(students.open_socket(client, lab, room(client, "n.ipynb")))
            standing = Warned(client, lab)
            page.type("one")
            labs.wait_until(lambda: saved(client, "n.ipynb") == "one", "a save")
            fill(other)
            page.type(" full")
            standing.listen_until(lambda: standing.warnings)
            with students.signed_in(lab, "bob") as second:
                assert second.get(f"{API}/me").json()["identity"]["username"] == "bob"
            # An admin who sees the warning makes a backup first.
            with tarfile.open(fileobj=io.BytesIO(backed_up(lab)), mode="r:gz") as archive:
                names = archive.getnames()
                history = archive.extractfile("history/documents.db")
                assert history is not None
                assert history.read(16) == b"SQLite format 3\0"
            assert {"files/n.ipynb", "files/filler"} <= set(names)
            lab.kill_server()
            labs.wait_until(
                lambda: client.get(f"{API}/me").status_code == 200,
                "the lab again",
                ignoring=labs.AWAY,
            )
            again = Warned(client, lab)
            again.listen_until(lambda: again.warnings)
            # The tutor frees space from outside.
            other.exec_run(["rm", "/data/files/filler"])
            again.listen_until(lambda: not again.warnings)
            labs.wait_until(lambda: saved(client, "n.ipynb") == "one full", "healed")


def test_words_of_a_full_volume_come_into_their_file_though_nobody_types_on() -> None:
    with (
        shared("size=300m") as (volume, other),
        labs.start(volume=volume, expected=EXPECTED) as lab,
    ):
        lab.wait_healthy()
        with students.signed_in(lab) as client:
            page = Page(students.open_socket(client, lab, room(client, "n.ipynb")))
            standing = Warned(client, lab)
            page.type("one")
            labs.wait_until(lambda: saved(client, "n.ipynb") == "one", "a save")
            fill(other)
            page.type(" full")
            standing.listen_until(lambda: standing.warnings)
            assert client.delete(f"{API}/contents/filler").status_code == 204
            labs.wait_until(lambda: saved(client, "n.ipynb") == "one full", "healed")
            standing.listen_until(lambda: not standing.warnings)


def test_a_first_start_on_a_full_volume_says_so_and_works_once_there_is_room() -> None:
    with shared("size=64m") as (volume, other):
        other.exec_run(["sh", "-c", "mkdir /data/files; dd if=/dev/zero of=/data/files/x bs=4k"])
        with labs.start(volume=volume, expected=EXPECTED) as lab:
            assert lab.wait_exit() != 0
            assert "Not started. /data" in lab.log
            assert "the volume is full (No space left on device)" in lab.log
            assert "Traceback" not in lab.log
            other.exec_run(["rm", "/data/files/x"])
            lab.container.restart()
            lab.wait_healthy()
