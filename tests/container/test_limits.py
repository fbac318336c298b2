"""While one student's code uses up the machine, the others keep typing and saving."""

from __future__ import annotations

import contextlib
import json
import threading
import uuid
from typing import TYPE_CHECKING

import pytest
from docker.types import Mount

from tests import labs, students
from tests.container.test_faults import FALLS, LAB, Class
from tests.container.test_rooms import API, room, saved

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HUB = "classroom.hub --config"
# The limits apply after an attack, on a machine that also runs other tests.
KEYSTROKE_SECONDS, SAVE_SECONDS = 10, 20
"""How long typing and saving may take: far more than they need, even on a machine that is busy with
other tests."""
ENDED = (
    *FALLS,
    r"(kernel|terminal) [\w-]+ ended",
    r"Stopped a program that a (kernel|terminal|program) left behind",
    r"The disk is nearly full",
    r"IOPub (data|message) rate exceeded|iopub messages resumed",
    r"WebSocketClosedError|doesn't keep up",
    r"429 |413 |unresponsive",
    r"more than the \S+ GB that (the container has|all may use together)",
    # A kernel was killed in the middle of its attack.
    r"Wait for final termination of kernel timed out",
)


class Others:
    """Two pages of a person who types in a notebook, and who checks that it is saved."""

    def __init__(self, there: Class) -> None:
        self._client = there.client
        self._name = f"others-{uuid.uuid4().hex[:8]}.ipynb"
        where = room(there.client, self._name)
        self.one, self.two = there.open(where), there.open(where)
        self.typed = ""

    def go_on(self) -> None:
        """Type a word; check that the other page shows it, and that the file gets it."""
        self.typed += f"{len(self.typed)} "
        self.one.type(self.typed.split(" ")[-2] + " ")
        self.two.listen_until(lambda: str(self.two.source) == self.typed, KEYSTROKE_SECONDS)
        labs.wait_until(
            lambda: saved(self._client, self._name) == self.typed, "a save", SAVE_SECONDS
        )

    def leave(self) -> None:
        for page in (self.one, self.two):
            page.connection.close()


@contextlib.contextmanager
def started(folder: Path, settings: str = "", **options: object) -> Iterator[Class]:
    """Start a lab with limits, and sign somebody in."""
    trial = 'c.JupyterHub.authenticator_class = "shared-password"\n'
    passphrase = "correct-horse-battery"
    config = f"""{trial}
c.SharedPasswordAuthenticator.user_password = "{passphrase}"
c.Authenticator.allow_all = True
c.Classroom.snapshot_interval = 0
{settings}
"""
    labs.write_folder(folder, config, None)
    with labs.start(folder, options=options, expected=ENDED) as lab:
        lab.wait_healthy()
        with students.signed_in(lab, passphrase=passphrase) as client:
            yield Class(lab, client)


@contextlib.contextmanager
def unharmed(there: Class, *, last: bool = False) -> Iterator[tuple[Class, Others]]:
    """Check that others can type before and after the test, and that the lab's own parts still run.

    Args:
        there: the lab.
        last: whether the lab ends with this test; otherwise clear the lab for the next one.
    """
    there.begun = len(there.lab.log)
    before = {what: there.lab.pid(what) for what in (LAB, HUB)}
    were = set(there.lab.pids("", "student"))
    others = Others(there)
    others.go_on()
    yield there, others
    others.go_on()
    assert {what: there.lab.pid(what) for what in before} == before
    others.leave()
    if last:
        return
    there.clear()
    labs.wait_until(lambda: set(there.lab.pids("", "student")) <= were, "nothing is left running")


@contextlib.contextmanager
def limited(folder: Path, settings: str = "", **options: object) -> Iterator[tuple[Class, Others]]:
    """Start a lab for a single test."""
    with started(folder, settings, **options) as there, unharmed(there, last=True) as found:
        yield found


@pytest.fixture(scope="module")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    """A lab with generous limits, for tests that leave it unchanged."""
    settings = "c.Classroom.max_processes = 600\nc.Classroom.max_kernels = 100"
    with started(tmp_path_factory.mktemp("roomy"), settings) as there:
        yield there


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    """A lab with narrow limits, for tests that leave it unchanged."""
    settings = 'c.Classroom.kernel_memory_limit = "300M"\nc.Classroom.max_kernels = 2'
    with started(tmp_path_factory.mktemp("small"), settings) as there:
        yield there


def meanwhile(kernel: students.Kernel, code: str) -> threading.Thread:
    """Run code that may never end in a kernel, without waiting for it."""

    def run() -> None:
        with contextlib.suppress(Exception):
            kernel.run(code)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_a_kernel_that_asks_for_too_much_memory_gets_an_error(small: Class) -> None:
    with unharmed(small) as (there, _):
        kernel = there.kernel(there.start_kernel())
        assert "MemoryError" in kernel.run("x = bytearray(400 * 1024**2)")
        assert kernel.run("print(len(bytearray(100 * 1024**2)))") == "104857600\n"


def test_the_largest_ends_when_all_together_use_too_much(tmp_path: Path) -> None:
    bounds = 'c.Classroom.memory_limit = "600M"\nc.Classroom.kernel_memory_limit = "1G"'
    with limited(tmp_path, bounds) as (there, _):
        small, large = (there.client.post(f"{API}/kernels").json()["id"] for _ in range(2))
        assert there.kernel(small).run("x = 42") == ""
        code = "import time; y = [bytearray(1024**2 * 50) for _ in range(5)]; time.sleep(60)"
        children = f"import os\nfor _ in range(4): os.fork()\n{code}"
        meanwhile(there.kernel(large), children)
        labs.wait_until(
            lambda: f"kernel {large} ended: all students together used" in there.lab.log, "its end"
        )
        assert there.kernel(small).run("print(x)") == "42\n"


def test_when_the_container_runs_out_of_memory_a_kernel_dies_first(tmp_path: Path) -> None:
    generous = 'c.Classroom.memory_limit = "64G"\nc.Classroom.kernel_memory_limit = "64G"'
    memory = {"mem_limit": "900m", "memswap_limit": "900m"}
    with limited(tmp_path, generous, **memory) as (there, _):
        kernel = there.start_kernel()
        meanwhile(there.kernel(kernel), "x = []\nwhile True: x.append(bytearray(1024**2 * 10))")
        labs.wait_until(lambda: f"kernel {kernel} ended with -9" in there.lab.log, "its end", 90)


def test_a_fork_bomb(roomy: Class) -> None:
    with unharmed(roomy) as (there, others):
        kernel = there.start_kernel()
        bomb = """
import os, time
end = time.time() + 25
while time.time() < end:
    try:
        os.fork()
    except OSError:
        pass
"""
        meanwhile(there.kernel(kernel), bomb)

        def count() -> int:
            return sum(threads for _, threads in there.lab.processes("", "student"))

        labs.wait_until(lambda: count() > 300, "many processes")
        for _ in range(3):
            others.go_on()
        assert count() <= 600


@pytest.mark.parametrize(
    "code",
    [
        "while True: print('x' * 1000)",
        "print('x' * 2 * 1024**3)",
        "import os\nwhile True: os.write(1, b'y' * 65536)",
    ],
    ids=["endless", "2 GB", "raw"],
)
def test_endless_output(roomy: Class, code: str) -> None:
    with unharmed(roomy) as (there, others):
        kernel = there.start_kernel()
        meanwhile(there.kernel(kernel), code)
        for _ in range(3):
            others.go_on()
        used = there.lab.megabytes(there.lab.pid(LAB))
        assert used < 600, f"the lab server has grown to {used} MB"
        there.client.delete(f"{API}/kernels/{kernel}")


def test_a_full_disk(tmp_path: Path) -> None:
    small = Mount("/data", None, type="tmpfs", tmpfs_size=600 * 1024**2, tmpfs_mode=0o755)
    bounds = 'c.Classroom.disk_reserve = "200M"'
    with limited(tmp_path, bounds, mounts=[small]) as (there, others):
        kernel = there.start_kernel()
        code = """
with open("/home/classroom/huge", "wb", buffering=0) as huge:
    import time
    while True:
        huge.write(bytes(2 * 1024**2))
        time.sleep(0.01)
"""
        meanwhile(there.kernel(kernel), code)
        labs.wait_until(lambda: "ended: the disk is nearly full" in there.lab.log, "its end", 90)
        for _ in range(3):
            others.go_on()


def test_ten_thousand_files(roomy: Class) -> None:
    with unharmed(roomy) as (there, others):
        code = "for n in range(10_000): open(f'file{n}', 'w').close()"
        assert there.kernel(there.start_kernel()).run(code) == ""
        for _ in range(3):
            found = there.client.get(f"{API}/contents?content=1", timeout=60).json()
            assert len(found["content"]) > 10_000
            others.go_on()
        there.lab.run("find", "/data/files", "-name", "file*", "-delete")


def test_a_notebook_of_200_mb(roomy: Class) -> None:
    with unharmed(roomy) as (there, others):
        code = """
import json
cell = {"cell_type": "markdown", "metadata": {}, "source": "LONG"}
found = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
head, _, tail = json.dumps(found).partition("LONG")
with open("huge.ipynb", "w") as huge:
    huge.write(head + "x" * 200 * 1024**2 + tail)  # dumped as a whole it takes json many seconds
"""
        assert there.kernel(there.start_kernel()).run(code) == ""
        answer = there.client.get(f"{API}/contents/huge.ipynb")
        assert answer.status_code == 413
        assert "can't be opened here: clear its outputs" in answer.json()["message"]
        for _ in range(2):
            others.go_on()
        there.lab.run("rm", "/data/files/huge.ipynb")


def test_more_kernels_and_terminals_than_there_may_be(small: Class) -> None:
    with unharmed(small) as (there, others):
        for kind in ("kernels", "terminals"):
            for _ in range(2):
                assert there.client.post(f"{API}/{kind}").is_success
            refused = there.client.post(f"{API}/{kind}")
            assert refused.status_code == 429
            assert "shut one down that nobody uses" in refused.json()["message"]
        others.go_on()


def test_a_hundred_terminals(roomy: Class) -> None:
    with unharmed(roomy) as (there, others):
        for number in range(100):
            name = there.client.post(f"{API}/terminals").json()["name"]
            if number % 20 == 0:
                way = students.open_socket(there.client, there.lab, f"terminals/websocket/{name}")
                way.send(json.dumps(["stdin", "yes\r"]))
                others.go_on()
        others.go_on()
