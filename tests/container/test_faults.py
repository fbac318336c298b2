"""Each part of the container dies, and all of it at once: what people notice, and what is kept."""

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

from tests import labs, students
from tests.container.test_rooms import API, Page, room, saved

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from tests.labs import Lab

pytestmark = pytest.mark.alone

LAB, HUB, FRONT = "classroom.lab --config", "bin/jupyterhub --config", "nginx: master"
LAUNCHER, SUPERVISOR = "classroom.launcher", "classroom.supervisor"
FALLS = (
    r"ended with -9: restarting it|is back",
    r"\[error\]|\[crit\]|\[alert\]",
    r"AsyncIOLoopKernelRestarter|died, removing from map",
    r"kernel [\w-]+ restarted",
    r"Recovered what was typed last|was changed by somebody else",
    r"is not trusted",
    r"Task exception was never retrieved|Exception in|wrote error",
)


@dataclass
class Class:
    """A lab that is being broken, and who is in it."""

    lab: Lab
    client: httpx.Client

    def kill(self, what: str) -> int:
        """Kill a part at once; return the process id that it had."""
        pid = self.pid(what)
        assert self.lab.run("kill", "-KILL", str(pid))[0] == 0
        return pid

    def pid(self, what: str) -> int:
        status, found = self.lab.run("pgrep", "-o", "-f", what)
        assert status == 0, f"no {what}"
        return int(found)

    def wait_until_it_answers(self) -> None:
        labs.wait_until(lambda: self.client.get(f"{API}/me").status_code == 200, "the lab again")

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


@pytest.fixture
def falling(volume: str) -> Iterator[Class]:
    with labs.start(volume=volume, expected=FALLS) as lab:
        lab.wait_healthy()
        with students.signed_in(lab) as client:
            yield Class(lab, client)


def is_saved(client: httpx.Client, name: str, text: str) -> bool:
    return saved(client, name) == text


def shows(page: Page, text: str) -> bool:
    return str(page.source) == text


def kernel_state(there: Class, kernel: str) -> str:
    (found,) = (one for one in there.client.get(f"{API}/kernels").json() if one["id"] == kernel)
    return str(found["execution_state"])


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
    page.type("typed while nobody heard")  # into the void: the socket is gone, the page has it
    falling.wait_until_it_answers()
    # What anybody had been told is in the file, before anybody opens it.
    labs.wait_until(
        lambda: saved(falling.client, "fall.ipynb").startswith("a" * 50 + "bcd"), "the file"
    )
    # The page comes back by itself, with what it has, to the same session: no reload.
    again = students.open_socket(falling.client, falling.lab, where)
    page.connection = again
    page.send_all()
    fresh = falling.open(where)
    whole = "a" * 50 + "bcd" + "typed while nobody heard"
    fresh.listen_until(lambda: str(fresh.source) == whole)
    # Kernels have gone on, and belong to the same notebook.
    (session,) = falling.client.get(f"{API}/sessions").json()
    assert (session["path"], session["kernel"]["id"]) == ("s.ipynb", kernel)
    assert falling.kernel(kernel).run("print(x + 1)") == "42\n"
    # And can be interrupted and restarted.
    assert falling.client.post(f"{API}/kernels/{kernel}/interrupt").status_code == 204
    assert falling.client.post(f"{API}/kernels/{kernel}/restart").status_code == 200
    assert "NameError" in falling.kernel(kernel).run("print(x)")


def test_the_hub_dies_and_nobody_in_the_lab_notices(falling: Class) -> None:
    where = room(falling.client, "hub.ipynb")
    page, other = falling.open(where), falling.open(where)
    kernel = falling.kernel(falling.start_kernel())
    before = falling.pid(LAB)
    falling.kill(HUB)
    page.type("while it is gone")
    other.listen_until(lambda: str(other.source) == "while it is gone")
    assert kernel.run("print(6 * 7)") == "42\n"
    labs.wait_until(lambda: falling.lab.run("classroom", "health")[0] == 0, "the Hub again")
    assert falling.pid(LAB) == before
    page.type("!")
    other.listen_until(lambda: str(other.source) == "while it is gone!")
    with students.signed_in(falling.lab) as another:
        assert another.get(f"{API}/me").json()["identity"]["username"] == "ada"


def test_the_hub_dies_while_its_configuration_is_being_edited(tmp_path: Path) -> None:
    """What isn't right changes nothing, also for a Hub that must start with it."""
    passphrase = "correct-horse-battery"
    right = f"""
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = "{passphrase}"
c.Authenticator.allow_all = True
"""
    folder = labs.write_folder(tmp_path, right, None)
    expected = (
        *FALLS,
        r"The last good configuration holds|can't be taken over|not taken over|SyntaxError",
    )
    with labs.start(folder, expected=expected) as lab:
        lab.wait_healthy()
        with students.signed_in(lab, passphrase=passphrase) as client:
            there = Class(lab, client)
            labs.write_folder(folder, f"{right}c.Authenticator.allow_all = (", None)
            there.kill(HUB)
            labs.wait_until(lambda: lab.run("classroom", "health")[0] == 0, "the Hub again")
            assert "The last good configuration holds: " in lab.log
            with students.signed_in(lab, passphrase=passphrase) as another:
                assert another.get(f"{API}/me").status_code == 200


def test_the_front_dies_and_is_back(falling: Class) -> None:
    before = falling.kill(FRONT)
    falling.wait_until_it_answers()
    assert falling.pid(FRONT) != before


def test_the_launcher_dies_and_kernels_start_again(falling: Class) -> None:
    kernel = falling.start_kernel()
    assert falling.kernel(kernel).run("import os; print(os.getuid())") == "1001\n"
    falling.lab.run("sh", "-c", "setsid sleep 1000 &", user="student")
    before = falling.kill(LAUNCHER)
    labs.wait_until(lambda: falling.pid(LAUNCHER) != before, "the launcher again")
    labs.wait_until(lambda: kernel_state(falling, kernel) == "idle", "the kernel again")
    assert falling.kernel(kernel).run("import os; print(os.getuid())") == "1001\n"
    # Nothing is left that nobody could end any more.
    assert falling.lab.run("pgrep", "-f", "sleep 1000")[0] == 1


def test_the_supervisor_dies_and_the_container_with_it(falling: Class) -> None:
    """Docker starts it anew; nothing may go on without the one who watches."""
    falling.kill(SUPERVISOR)
    assert falling.lab.wait_exit() != 0


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
            time.sleep(1)  # the sentence: up to a second before
            lab.container.kill("SIGKILL")
            lab.container.wait()
            lab.container.start()
            lab.wait_healthy()
            for name, text in typed.items():
                labs.wait_until(partial(is_saved, client, name, text), f"{name} on disk", 20)
            # With their pages still open people go on where they were.
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
            pages = [there.open(room(client, name)) for name in names]
            there.kernel(there.start_kernel())
            for page in pages:
                page.type("the last word")
            pages[-1].listen_until(lambda: True)
            time.sleep(0.2)  # on its way, but not yet due to be saved
            begun = time.monotonic()
            lab.container.stop(timeout=30)
            took = time.monotonic() - begun
        assert lab.wait_exit() == 0, "killed instead of stopped"
        assert took < 15, f"{took} s"
        # As whoever looks at the volume finds them, without a lab.
        for name in names:
            command = ["cat", f"/data/files/{name}"]
            volumes = {volume: {"bind": "/data", "mode": "ro"}}
            found = docker.from_env().containers.run(
                labs.IMAGE, command, entrypoint=[], volumes=volumes, remove=True
            )
            assert b"the last word" in found


def changed_outside(lab: Lab, name: str, text: str) -> None:
    """Change a notebook's first cell as a program of a student's would."""
    code = f"""
import json, pathlib
place = pathlib.Path("/home/classroom/{name}")
found = json.loads(place.read_text())
found["cells"][0]["source"] = {text!r}
place.write_text(json.dumps(found))
"""
    assert lab.run("python", "-c", code, user="student") == (0, "")


def kept_of(client: httpx.Client, stem: str) -> list[dict[str, Any]]:
    found = client.get(f"{API}/contents").json()["content"]
    return [one for one in found if one["name"].startswith(f"{stem} (typed until")]


def test_a_file_changed_from_outside_while_the_lab_is_down_keeps_both(falling: Class) -> None:
    where = room(falling.client, "both.ipynb")
    page, other = falling.open(where), falling.open(where)
    page.type("saved.")
    labs.wait_until(lambda: saved(falling.client, "both.ipynb") == "saved.", "a save")
    falling.lab.run("pkill", "-STOP", "-f", "classroom.supervisor")
    page.type(" typed")
    other.listen_until(lambda: str(other.source) == "saved. typed")
    time.sleep(0.15)  # in the journal, which is told to be a tenth of a second behind
    falling.kill(LAB)
    changed_outside(falling.lab, "both.ipynb", "from outside")
    falling.lab.run("pkill", "-CONT", "-f", "classroom.supervisor")
    falling.wait_until_it_answers()
    fresh = falling.open(where)
    fresh.listen_until(lambda: str(fresh.source) == "from outside")
    (kept,) = kept_of(falling.client, "both")
    assert saved(falling.client, kept["name"]) == "saved. typed"


def test_a_file_changed_from_outside_while_people_type_keeps_both(falling: Class) -> None:
    page = falling.open(room(falling.client, "live.ipynb"))
    page.type("saved.")
    labs.wait_until(lambda: saved(falling.client, "live.ipynb") == "saved.", "a save")
    # Between two saves: what is typed now is in no file yet.
    page.type(" typed")
    changed_outside(falling.lab, "live.ipynb", "from outside")
    page.listen_until(lambda: str(page.source) == "from outside")
    (kept,) = kept_of(falling.client, "live")
    assert saved(falling.client, kept["name"]) == "saved. typed"


def test_a_file_that_is_only_touched_changes_nothing(falling: Class) -> None:
    page = falling.open(room(falling.client, "touched.ipynb"))
    page.type("saved.")
    labs.wait_until(lambda: saved(falling.client, "touched.ipynb") == "saved.", "a save")
    page.type(" typed")
    falling.lab.run("touch", "/home/classroom/touched.ipynb", user="student")
    labs.wait_until(lambda: saved(falling.client, "touched.ipynb") == "saved. typed", "the next")
    assert kept_of(falling.client, "touched") == []


def test_what_a_socket_was_told_of_its_end(falling: Class) -> None:
    """A page must not take a dead lab for the end of somebody's access."""
    page = falling.open(room(falling.client, "end.ipynb"))
    falling.kill(LAB)
    with pytest.raises(ConnectionClosed) as found:
        page.connection.recv(timeout=10)
    assert found.value.rcvd is None or found.value.rcvd.code != 1003


def test_a_page_of_another_lab_is_told_to_reload(falling: Class) -> None:
    """Its copy and ours would come out as both, one after the other."""
    where = room(falling.client, "foreign.ipynb")
    falling.open(where).type("ours")
    foreign = students.open_socket(
        falling.client, falling.lab, where.replace("sessionId=", "sessionId=another-")
    )
    with pytest.raises(ConnectionClosed) as found:
        Page(foreign).listen_until(lambda: False)
    assert found.value.rcvd is not None
    assert found.value.rcvd.code == 1003
    assert json.loads(found.value.rcvd.reason) | {"sessionId": ""} == {
        "reason": "unknown_session",
        "sessionId": "",
        "reloadable": True,
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
