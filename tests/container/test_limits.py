"""Whatever a student's code does to the machine, the others go on typing and saving."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import TYPE_CHECKING

import pytest
from docker.types import Mount

from tests import labs, students
from tests.container.test_faults import FALLS, LAB, Class
from tests.container.test_rooms import API, room, saved

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.alone

HUB = "classroom.hub --config"
KEYSTROKE_SECONDS, SAVE_SECONDS = 5, 15
"""What goes on working: far more than it takes, on a machine that is busy with other tests too."""
ENDED = (
    *FALLS,
    r"(kernel|terminal) [\w-]+ ended|What a (kernel|terminal|program) left behind ended",
    r"The disk is nearly full",
    r"IOPub (data|message) rate exceeded|iopub messages resumed",
    r"WebSocketClosedError|doesn't keep up",
    r"429 |413 |unresponsive",
)


class Others:
    """Two people who type in a notebook, and see to it that it is saved."""

    def __init__(self, there: Class) -> None:
        self._there = there
        where = room(there.client, "others.ipynb")
        self.one, self.two = there.open(where), there.open(where)
        self.typed = ""

    def go_on(self) -> None:
        """Type a word: the other sees it, and it is in the file."""
        self.typed += f"{len(self.typed)} "
        self.one.type(self.typed.split(" ")[-2] + " ")
        self.two.listen_until(lambda: str(self.two.source) == self.typed, KEYSTROKE_SECONDS)
        labs.wait_until(
            lambda: saved(self._there.client, "others.ipynb") == self.typed, "a save", SAVE_SECONDS
        )


@contextlib.contextmanager
def limited(folder: Path, settings: str = "", **options: object) -> Iterator[tuple[Class, Others]]:
    """Start a lab with limits; nothing of its own may have died at the end."""
    trial = 'c.JupyterHub.authenticator_class = "shared-password"\n'
    passphrase = "correct-horse-battery"
    config = f"""{trial}
c.SharedPasswordAuthenticator.user_password = "{passphrase}"
c.Authenticator.allow_all = True
{settings}
"""
    labs.write_folder(folder, config, None)
    with labs.start(folder, options=options, expected=ENDED) as lab:
        lab.wait_healthy()
        with students.signed_in(lab, passphrase=passphrase) as client:
            there = Class(lab, client)
            before = {what: there.pid(what) for what in (LAB, HUB)}
            others = Others(there)
            others.go_on()
            yield there, others
            others.go_on()
            assert {what: there.pid(what) for what in before} == before


def meanwhile(kernel: students.Kernel, code: str) -> threading.Thread:
    """Run something in a kernel that may never come to an end."""

    def run() -> None:
        with contextlib.suppress(Exception):
            kernel.run(code)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_a_kernel_that_asks_for_too_much_memory_gets_an_error(tmp_path: Path) -> None:
    with limited(tmp_path, 'c.Classroom.kernel_memory_limit = "300M"') as (there, _):
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


def test_a_fork_bomb(tmp_path: Path) -> None:
    with limited(tmp_path, "c.Classroom.max_processes = 600") as (there, others):
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
            return int(there.lab.run("sh", "-c", "ps -u student -L --no-headers | wc -l")[1])

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
def test_endless_output(tmp_path: Path, code: str) -> None:
    with limited(tmp_path) as (there, others):
        kernel = there.start_kernel()
        meanwhile(there.kernel(kernel), code)
        for _ in range(3):
            others.go_on()
            time.sleep(1)
        used = int(there.lab.run("sh", "-c", f"ps -o rss= -p {there.pid(LAB)}")[1]) // 1024
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


def test_ten_thousand_files(tmp_path: Path) -> None:
    with limited(tmp_path) as (there, others):
        code = "for n in range(10_000): open(f'file{n}', 'w').close()"
        assert there.kernel(there.start_kernel()).run(code) == ""
        for _ in range(3):
            found = there.client.get(f"{API}/contents?content=1", timeout=60).json()
            assert len(found["content"]) > 10_000
            others.go_on()


def test_a_notebook_of_200_mb(tmp_path: Path) -> None:
    with limited(tmp_path) as (there, others):
        code = """
import json
cell = {"cell_type": "markdown", "metadata": {}, "source": "x" * 200 * 1024**2}
found = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
json.dump(found, open("huge.ipynb", "w"))
"""
        assert there.kernel(there.start_kernel()).run(code) == ""
        answer = there.client.get(f"{API}/contents/huge.ipynb")
        assert answer.status_code == 413
        assert "can't be opened here: clear its outputs" in answer.json()["message"]
        for _ in range(2):
            others.go_on()


def test_more_kernels_and_terminals_than_there_may_be(tmp_path: Path) -> None:
    with limited(tmp_path, "c.Classroom.max_kernels = 2") as (there, others):
        for kind in ("kernels", "terminals"):
            for _ in range(2):
                assert there.client.post(f"{API}/{kind}").is_success
            refused = there.client.post(f"{API}/{kind}")
            assert refused.status_code == 429
            assert "shut one down that nobody uses" in refused.json()["message"]
        others.go_on()


def test_a_hundred_terminals(tmp_path: Path) -> None:
    with limited(tmp_path, "c.Classroom.max_kernels = 100") as (there, others):
        for number in range(100):
            name = there.client.post(f"{API}/terminals").json()["name"]
            if number % 20 == 0:
                way = students.open_socket(there.client, there.lab, f"terminals/websocket/{name}")
                way.send(json.dumps(["stdin", "yes\r"]))
                others.go_on()
        others.go_on()
