"""Each part of the container is killed, then all of it: what people notice, and what is kept."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import docker
import pytest
from websockets.exceptions import ConnectionClosed

from tests import labs, logs, students
from tests.conftest import new_volume
from tests.container.test_rooms import API, Page, room, saved

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from tests.labs import Lab

LAB, HUB, FRONT = "classroom.lab --config", "classroom.hub --config", "nginx: master"
LAUNCHER, SUPERVISOR = "classroom.launcher", "classroom.supervisor"
GRACE_SECONDS = 30
"""The time that docker-compose.yml gives the lab to save everything (`stop_grace_period`)."""
FALLS = (
    r"ended with -9: restarting it|is back",
    r"\[error\]|\[crit\]|\[alert\]",
    r"AsyncIOLoopKernelRestarter|died, removing from map",
    r"kernel [\w-]+ restarted",
    r"Recovered what was typed last|was changed by a program",
    r"is not trusted",
    logs.CUT,
    r"wrote error",
    # Two sessions had one kernel, or one's kernel died, at the end of a test (`Class.clear`).
    "was deleted: the typed text is in",
    r"404 DELETE /services/classroom/api/sessions/|appears to have been culled or died",
)


@dataclass
class Class:
    """A lab whose parts a test kills, and a person in it."""

    lab: Lab
    client: httpx.Client
    begun: int = 0

    @property
    def said(self) -> str:
        """The log since this test's beginning, because several tests share the lab."""
        return self.lab.log[self.begun :]

    def kill(self, what: str) -> int:
        """Kill a part; return the process id that it had."""
        pid = self.pid(what)
        assert self.lab.run("kill", "-KILL", str(pid))[0] == 0
        return pid

    def pid(self, what: str) -> int:
        return self.lab.pid(what)

    def wait_until_it_answers(self) -> None:
        labs.wait_until(
            lambda: self.client.get(f"{API}/me").status_code == 200,
            "the lab again",
            ignoring=labs.AWAY,
        )

    def clear(self) -> None:
        """Shut down what a test has left running, for the next test in this lab."""
        # Sessions first: the lab warns of a session whose kernel is gone.
        for kind, key in (("sessions", "id"), ("kernels", "id"), ("terminals", "name")):
            for one in self.client.get(f"{API}/{kind}").json():
                self.client.delete(f"{API}/{kind}/{one[key]}", timeout=90)

    def open(self, where: str) -> Page:
        return Page(students.open_socket(self.client, self.lab, where))

    def kernel(self, ident: str) -> students.Kernel:
        where = f"api/kernels/{ident}/channels?session_id={uuid.uuid4().hex}"
        return students.Kernel(students.open_socket(self.client, self.lab, where))

    def start_kernel(self) -> str:
        body = {"name": "", "path": "s.ipynb", "type": "notebook", "kernel": {"name": "python3"}}
        made = self.client.post(f"{API}/sessions", json=body)
        assert made.is_success, made.text
        return str(made.json()["kernel"]["id"])


@pytest.fixture(scope="module")
def shared() -> Iterator[Class]:
    with new_volume() as volume, labs.start(volume=volume, expected=FALLS) as lab:
        lab.wait_healthy()
        with students.signed_in(lab) as client:
            yield Class(lab, client)


@pytest.fixture
def falling(shared: Class) -> Iterator[Class]:
    """A lab in which a test may kill anything that comes back by itself."""
    yield shared
    labs.wait_until(shared.lab.is_well, "all is well again")
    shared.wait_until_it_answers()
    shared.clear()


@pytest.fixture
def doomed(volume: str) -> Iterator[Class]:
    """A test's own lab, which doesn't come back."""
    with labs.start(volume=volume, expected=FALLS) as lab:
        lab.wait_healthy()
        with students.signed_in(lab) as client:
            yield Class(lab, client)


def is_saved(client: httpx.Client, name: str, text: str) -> bool:
    return saved(client, name) == text


def shows(page: Page, text: str) -> bool:
    return str(page.source) == text


def kernel_state(there: Class, kernel: str) -> str:
    found = there.client.get(f"{API}/kernels").json()
    return next((str(one["execution_state"]) for one in found if one["id"] == kernel), "none")


def test_the_lab_server_dies_and_nothing_typed_is_lost(falling: Class) -> None:
    where = room(falling.client, "fall.ipynb")
    page, other = falling.open(where), falling.open(where)
    page.type("a" * 50)
    other.listen_until(lambda: str(other.source) == "a" * 50)
    kernel = falling.start_kernel()
    assert falling.kernel(kernel).run("x = 41") == ""
    for letter in "bcd":
        page.type(letter)
    other.listen_until(lambda: str(other.source).endswith("bcd"))
    falling.kill(LAB)
    page.type("typed while nobody heard")  # the socket is gone, so only the page has it
    falling.wait_until_it_answers()
    # Text that anybody had received is in the file, before anybody opens it.
    labs.wait_until(
        lambda: saved(falling.client, "fall.ipynb").startswith("a" * 50 + "bcd"), "the file"
    )
    # The page reconnects by itself with its copy, to the same session: no reload.
    again = students.open_socket(falling.client, falling.lab, where)
    page.connection = again
    page.send_all()
    fresh = falling.open(where)
    whole = "a" * 50 + "bcd" + "typed while nobody heard"
    fresh.listen_until(lambda: str(fresh.source) == whole)
    # Kernels have kept running, and belong to the same notebook.
    (session,) = falling.client.get(f"{API}/sessions").json()
    assert (session["path"], session["kernel"]["id"]) == ("s.ipynb", kernel)
    assert falling.kernel(kernel).run("print(x + 1)") == "42\n"
    # They can also be interrupted and restarted.
    assert falling.client.post(f"{API}/kernels/{kernel}/interrupt").status_code == 204
    assert falling.client.post(f"{API}/kernels/{kernel}/restart").status_code == 200
    assert "NameError" in falling.kernel(kernel).run("print(x)")


def test_the_hub_dies_and_nobody_in_the_lab_notices(falling: Class) -> None:
    where = room(falling.client, "hub.ipynb")
    page, other = falling.open(where), falling.open(where)
    kernel = falling.kernel(falling.start_kernel())
    before = falling.lab.pid(LAB)
    falling.kill(HUB)
    page.type("while it is gone")
    other.listen_until(lambda: str(other.source) == "while it is gone")
    assert kernel.run("print(6 * 7)") == "42\n"
    labs.wait_until(falling.lab.is_well, "the Hub again")
    assert falling.lab.pid(LAB) == before
    page.type("!")
    other.listen_until(lambda: str(other.source) == "while it is gone!")
    with students.signed_in(falling.lab) as another:
        assert another.get(f"{API}/me").json()["identity"]["username"] == "ada"


def test_the_hub_dies_while_its_configuration_is_being_edited(tmp_path: Path) -> None:
    """A broken configuration changes nothing, even for a Hub that has to start with it."""
    right = labs.PASSPHRASE_CONFIG
    folder = labs.write_folder(tmp_path, right, None)
    expected = (
        *FALLS,
        r"The last good configuration holds|could not be adopted|not taken over|SyntaxError",
    )
    with labs.start(folder, expected=expected) as lab:
        lab.wait_healthy()
        with students.signed_in(lab, passphrase=labs.PASSPHRASE) as client:
            there = Class(lab, client)
            labs.write_folder(folder, f"{right}c.Authenticator.allow_all = (", None)
            there.kill(HUB)
            labs.wait_until(lab.is_well, "the Hub again")
            assert "The last good configuration holds: " in lab.log
            with students.signed_in(lab, passphrase=labs.PASSPHRASE) as another:
                assert another.get(f"{API}/me").status_code == 200


def test_the_front_dies_and_is_back(falling: Class) -> None:
    before = falling.kill(FRONT)
    falling.wait_until_it_answers()
    assert falling.lab.pid(FRONT) != before


def test_the_launcher_dies_and_kernels_start_again(falling: Class) -> None:
    kernel = falling.start_kernel()
    assert falling.kernel(kernel).run("import os; print(os.getuid())") == "1001\n"
    falling.lab.run("sh", "-c", "setsid sleep 1000 &", user="student")
    falling.lab.expected.append('Stopped a program that a program left behind: its process "sleep"')
    before = falling.kill(LAUNCHER)
    labs.wait_until(
        lambda: falling.lab.pids(LAUNCHER)[:1] not in ([], [before]), "the launcher again"
    )
    labs.wait_until(lambda: kernel_state(falling, kernel) == "idle", "the kernel again")
    assert falling.kernel(kernel).run("import os; print(os.getuid())") == "1001\n"
    # No process is left that nobody could end any more.
    assert falling.lab.pids("sleep 1000") == []


def test_the_supervisor_dies_and_the_container_with_it(doomed: Class) -> None:
    """Docker restarts the container; no part may go on without its supervisor."""
    doomed.kill(SUPERVISOR)
    assert doomed.lab.wait_exit() != 0


LOST_SECONDS = 1.0
"""At most, what is typed in the last second before the whole machine fails may be lost."""


def test_everything_dies_while_ten_type(volume: str) -> None:
    typed: dict[str, str] = {}
    with labs.start(volume=volume, check_log=False) as lab:
        lab.wait_healthy()
        with students.signed_in(lab) as client:
            places = {f"n{number}.ipynb": room(client, f"n{number}.ipynb") for number in range(10)}
            there = Class(lab, client)
            pages = {name: there.open(where) for name, where in places.items()}
            for turn in range(20):
                for name, page in pages.items():
                    page.type(f"{name}:{turn};")
            typed = {name: str(page.source) for name, page in pages.items()}
            time.sleep(LOST_SECONDS)
            lab.container.kill("SIGKILL")
            lab.container.wait()
            lab.container.start()
            lab.wait_healthy()
            for name, text in typed.items():
                labs.wait_until(
                    partial(is_saved, client, name, text), f"{name} on disk", ignoring=labs.AWAY
                )
            # People whose pages are still open continue where they were.
            for name, page in pages.items():
                page.connection = students.open_socket(client, lab, places[name])
                page.type("and on")
                page.send_all()
                fresh = there.open(places[name])
                fresh.listen_until(partial(shows, fresh, f"{typed[name]}and on"))


def test_docker_stop_saves_everything(volume: str) -> None:
    with labs.start(volume=volume, expected=FALLS) as lab:
        lab.wait_healthy()
        with students.signed_in(lab) as client:
            there = Class(lab, client)
            names = [f"s{number}.ipynb" for number in range(5)]
            rooms = [room(client, name) for name in names]
            pages, others = ([there.open(where) for where in rooms] for _ in range(2))
            there.kernel(there.start_kernel())
            for page in pages:
                page.type("the last word")
            for other in others:  # the lab has it, but its save isn't due yet
                other.listen_until(partial(shows, other, "the last word"))
            lab.container.stop(timeout=GRACE_SECONDS)
        assert lab.wait_exit() == 0, "killed instead of stopped"
        # Read the files from the volume, without a lab.
        for name in names:
            command = ["cat", f"/data/files/{name}"]
            volumes = {volume: {"bind": "/data", "mode": "ro"}}
            found = docker.from_env().containers.run(
                labs.IMAGE, command, entrypoint=[], volumes=volumes, remove=True
            )
            assert b"the last word" in found


def changed_outside(lab: Lab, name: str, text: str) -> None:
    """Change a notebook's first cell as a student's program would."""
    code = f"""
import json, pathlib
place = pathlib.Path("/home/classroom/{name}")
found = json.loads(place.read_text())
found["cells"][0]["source"] = {text!r}
place.write_text(json.dumps(found))
"""
    assert lab.run("python", "-c", code, user="student") == (0, "")


JOURNALLED = """
import json, sqlite3
journal = sqlite3.connect("file:/data/history/documents.db?mode=ro", uri=True)
print(json.dumps(journal.execute("SELECT COUNT(*) FROM yupdates").fetchone()[0]))
"""
"""Counts the updates in the journal."""


def kept_of(client: httpx.Client, stem: str) -> list[dict[str, Any]]:
    found = client.get(f"{API}/contents").json()["content"]
    return [one for one in found if one["name"].startswith(f"{stem} (typed until")]


def test_a_file_changed_from_outside_while_the_lab_is_down_keeps_both(falling: Class) -> None:
    where = room(falling.client, "both.ipynb")
    page, other = falling.open(where), falling.open(where)
    page.type("saved.")
    labs.wait_until(lambda: saved(falling.client, "both.ipynb") == "saved.", "a save")
    falling.lab.run("pkill", "-STOP", "-f", "classroom.supervisor")
    before = falling.lab.look(JOURNALLED)
    page.type(" typed")
    other.listen_until(lambda: str(other.source) == "saved. typed")
    labs.wait_until(lambda: falling.lab.look(JOURNALLED) > before, "it is in the journal")
    falling.kill(LAB)
    changed_outside(falling.lab, "both.ipynb", "from outside")
    falling.lab.run("pkill", "-CONT", "-f", "classroom.supervisor")
    falling.wait_until_it_answers()
    fresh = falling.open(where)
    fresh.listen_until(lambda: str(fresh.source) == "from outside")
    (kept,) = kept_of(falling.client, "both")
    assert saved(falling.client, kept["name"]) == "saved. typed"


@pytest.mark.parametrize("when", ["before the lab is back", "afterwards"])
def test_a_page_finds_its_file_where_a_program_has_moved_it_meanwhile(
    falling: Class, when: str
) -> None:
    name = f"asleep-{when[0]}"
    where = room(falling.client, f"{name}.ipynb")
    page = falling.open(where)
    page.type("one ")
    labs.wait_until(lambda: saved(falling.client, f"{name}.ipynb") == "one ", "a save")
    page.type("two ")  # perhaps in the journal only
    move = f"cd /home/classroom && mkdir {name} && mv {name}.ipynb {name}/new.ipynb"
    falling.kill("classroom.lab --config")
    if when == "afterwards":
        falling.wait_until_it_answers()
        # The start writes the journal's content into the file.
        recovered = partial(is_saved, falling.client, f"{name}.ipynb", "one two ")
        labs.wait_until(recovered, "all of it is in the file", ignoring=labs.AWAY)
    status, told = falling.lab.run("sh", "-c", move, user="student")
    assert status == 0, told
    falling.wait_until_it_answers()
    back = falling.open(where)
    back.listen_until(lambda: str(back.source) == "one two ")
    back.type("three")
    whole = "one two three"
    labs.wait_until(lambda: saved(falling.client, f"{name}/new.ipynb") == whole, "a save")
    for one in (page, back):
        one.connection.close()


def test_what_was_typed_into_a_deleted_file_before_a_fall_is_in_a_copy(falling: Class) -> None:
    page = falling.open(room(falling.client, "deleted.ipynb"))
    page.type("saved ")
    labs.wait_until(lambda: saved(falling.client, "deleted.ipynb") == "saved ", "a save")
    falling.lab.run("rm", "/home/classroom/deleted.ipynb", user="student")
    page.type("typed before the fall")
    other = falling.open(room(falling.client, "other.ipynb"))
    other.type("x")  # it came after the other text: if the lab keeps it, it keeps both
    falling.kill("classroom.lab --config")
    falling.wait_until_it_answers()

    def copies() -> list[str]:
        found = falling.client.get(f"{API}/contents").json()["content"]
        return [one["path"] for one in found if one["name"].startswith("deleted (typed until")]

    labs.wait_until(copies, "a copy")
    (copy,) = copies()
    whole = "saved typed before the fall"
    labs.wait_until(lambda: saved(falling.client, copy) == whole, "all of it")
    for one in (page, other):
        one.connection.close()


def test_a_file_that_is_only_touched_changes_nothing(falling: Class) -> None:
    page = falling.open(room(falling.client, "touched.ipynb"))
    page.type("saved.")
    labs.wait_until(lambda: saved(falling.client, "touched.ipynb") == "saved.", "a save")
    page.type(" typed")
    falling.lab.run("touch", "/home/classroom/touched.ipynb", user="student")
    labs.wait_until(lambda: saved(falling.client, "touched.ipynb") == "saved. typed", "the next")
    assert kept_of(falling.client, "touched") == []


def test_what_a_socket_was_told_of_its_end(falling: Class) -> None:
    """A page must not take a dead lab for the end of the person's access."""
    page = falling.open(room(falling.client, "end.ipynb"))
    falling.kill(LAB)
    with pytest.raises(ConnectionClosed) as found:
        page.connection.recv(timeout=60)
    assert found.value.rcvd is None or found.value.rcvd.code != 1003


def test_a_page_of_another_lab_is_told_to_reload(falling: Class) -> None:
    """Merging its copy with ours would give both texts, one after the other."""
    where = room(falling.client, "foreign.ipynb")
    falling.open(where).type("ours")
    foreign = students.open_socket(
        falling.client, falling.lab, where.replace("sessionId=", "sessionId=another-")
    )
    with pytest.raises(ConnectionClosed) as found:
        Page(foreign).listen_until(lambda: False)
    assert found.value.rcvd is not None
    assert found.value.rcvd.code == 1003
    assert json.loads(found.value.rcvd.reason) == {
        "reloadable": True,
        "errorReason": "This page is older than the lab's data. Reload it to go on.",
    }


def test_the_historys_size_is_a_metric(falling: Class) -> None:
    page = falling.open(room(falling.client, "metric.ipynb"))

    def size() -> float:
        found = falling.client.get(f"{labs.ADDRESS}{students.BASE}/metrics").text
        lines = [line for line in found.splitlines() if line.startswith("classroom_history_bytes")]
        return float(lines[0].split()[1])

    before = size()
    page.type("x" * 300_000)
    labs.wait_until(lambda: size() >= before + 300_000, "it grows")
