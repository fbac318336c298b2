"""What the lab gets from its machine: the time zone, and shared memory."""

from __future__ import annotations

import json
import re
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from docker.types import Ulimit

from tests import labs, students
from tests.container.test_execution import Notebook, execute, until_idle
from tests.container.test_outside_changes import Program, copies_of, open_page, until_saved
from tests.container.test_rooms import API
from tests.container.test_snapshots import as_student, take

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.labs import Lab

ZONE, OFFSETS = "Pacific/Auckland", {"+1200", "+1300"}
FULL = 60_000_000
"""Bytes; Docker gives /dev/shm 64 MB."""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A lab in a zone far from any test machine, with Docker's default of shared memory."""
    with labs.start(environment={"TZ": ZONE}, options={"shm_size": "64m"}) as lab:
        lab.wait_healthy()
        lab.expected += [
            r"AsyncIOLoopKernelRestarter|died, removing from map|kernel \S+ restarted",
        ]
        yield lab


@pytest.fixture(scope="module")
def client(lab: Lab) -> Iterator[httpx.Client]:
    with students.signed_in(lab) as found:
        yield found


def run(client: httpx.Client, lab: Lab, code: str) -> str:
    """Run code in a kernel of its own, then shut the kernel down."""
    kernel = client.post(f"{API}/kernels", json={}).json()["id"]
    path = f"api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
    with students.open_socket(client, lab, path) as socket:
        said = students.Kernel(socket).run(code)
    assert client.delete(f"{API}/kernels/{kernel}").status_code == 204
    return said


def test_students_programs_have_the_containers_time_zone(client: httpx.Client, lab: Lab) -> None:
    said = run(
        client,
        lab,
        "import subprocess, time; print(time.strftime('%z'))\n"
        "print(subprocess.run(['date', '+%z'], capture_output=True, text=True).stdout)",
    )
    assert len(said.split()) == 2
    assert set(said.split()) <= OFFSETS
    terminal = client.post(f"{API}/terminals", json={}).json()["name"]
    where = f"terminals/websocket/{terminal}"
    with students.open_socket(client, lab, where) as socket:
        socket.send(json.dumps(["stdin", "date +zone%z\r"]))
        shown = ""
        while not any(f"zone{offset}" in shown for offset in OFFSETS):
            kind, *rest = json.loads(socket.recv(timeout=60))
            shown += str(rest[0]) if kind == "stdout" else ""


def is_now(said: str, form: str) -> bool:
    """Say whether it is this time in the lab's zone now: any other zone is hours away."""
    now = datetime.now(ZoneInfo(ZONE)).replace(tzinfo=None)
    return abs(now - datetime.strptime(said, form)) < timedelta(hours=1)  # noqa: DTZ007 (no zone)


def test_hub_and_lab_have_it(lab: Lab) -> None:
    """The log shows the local times of the people who read it."""
    for part in ("JupyterHub", "ServerApp"):
        found = re.findall(rf"\[[A-Z] (\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d)\S* {part}\b", lab.log)
        assert is_now(found[-1], "%Y-%m-%d %H:%M:%S"), part


def test_snapshots_are_listed_with_it(lab: Lab) -> None:
    as_student(lab, "echo text > /data/files/kept.txt")
    take(lab)
    status, said = lab.run("classroom", "snapshots")
    assert status == 0, said
    head, newest, *_ = said.splitlines()
    assert re.search(r"\(NZ[DS]T\)", head)
    assert is_now(" ".join(newest.split()[1:3]), "%Y-%m-%d %H:%M")


def test_copies_are_named_with_it(client: httpx.Client, lab: Lab) -> None:
    """A program's text that conflicts with typed text is kept next to the file, under its time."""
    page = open_page(client, lab, "zone.ipynb")
    page.type("word")
    until_saved(client, "zone.ipynb", "word")
    program = Program(lab, "zone.ipynb", 'found["cells"][0]["source"] = "written"')
    page.type("typed")
    program.write()
    (copy,) = labs.wait_until(lambda: copies_of(client, "zone"), "a copy")
    stamp = re.fullmatch(r"zone \(as a program wrote it (.+)\)\.ipynb", copy)
    assert stamp is not None, copy
    assert is_now(stamp[1], "%Y-%m-%d %H.%M.%S")
    page.connection.close()


def test_who_uses_too_much_shared_memory_reads_why(client: httpx.Client, lab: Lab) -> None:
    """The cell's outputs say so, not only the log."""
    book = Notebook(client, lab, "shared.ipynb")
    page, kernel = book.open(), book.channels()
    until_idle(kernel, execute(kernel, "1", ""))
    code = (
        "from multiprocessing import shared_memory as s\n"
        "m = s.SharedMemory(create=True, size=300_000_000); m.buf[:] = bytes(300_000_000)"
    )
    execute(kernel, code, page.cell["id"])
    labs.wait_until(lambda: "error" in book.text(), "the error on the disk", 60)
    (cell,) = json.loads(lab.read("/data/files/shared.ipynb"))["cells"]
    assert "used more shared memory than the 64 MB of /dev/shm" in cell["outputs"][-1]["evalue"]
    assert "--shm-size=1g" in cell["outputs"][-1]["evalue"]
    kernel.close()
    page.connection.close()
    assert client.delete(f"{API}/kernels/{book.kernel}").status_code == 204


def test_what_one_kernel_leaves_does_not_hit_the_next(client: httpx.Client, lab: Lab) -> None:
    """All students share /dev/shm; files that a process has open or mapped stay."""
    keeps = client.post(f"{API}/kernels", json={}).json()["id"]
    path = f"api/kernels/{keeps}/channels?session_id={uuid.uuid4().hex}"
    with students.open_socket(client, lab, path) as socket:
        keeper = students.Kernel(socket)
        kept = "open('/dev/shm/kept', 'wb+')"
        assert keeper.run(f"f = {kept}; f.write(b'mine'); f.flush()") in {"", "4"}
        code = f"with open('/dev/shm/left', 'wb') as f: f.write(b'x' * {FULL})"
        assert run(client, lab, code) == ""
        labs.wait_until(
            lambda: lab.run("ls", "/dev/shm/left")[0] != 0,  # noqa: S108 (in the container)
            "what nobody has any more is removed",
        )
        assert run(client, lab, f"open('/dev/shm/mine', 'wb').write(b'x' * {FULL})") == ""
        assert keeper.run("_ = f.seek(0); print(f.read())") == "b'mine'\n"
    assert client.delete(f"{API}/kernels/{keeps}").status_code == 204


def test_a_small_machine_is_said_and_used_as_far_as_it_goes() -> None:
    """Docker's default of 1,024 open files allowed only 187 sockets; 400 MB of memory nothing."""
    options = {
        "mem_limit": "700m",
        "memswap_limit": "700m",
        "ulimits": [Ulimit(name="nofile", soft=512, hard=2048)],
    }
    said = "may use only 700 MB of memory", "may open only 2048 files"
    with labs.start(options=options, expected=said) as lab:
        lab.wait_healthy()
        for sentence in said:
            assert lab.log.count(sentence) == 1
        for part in ("classroom.lab --config", "classroom.hub --config"):
            limits = lab.read(f"/proc/{lab.pid(part)}/limits")
            (line,) = (line for line in limits.splitlines() if line.startswith("Max open files"))
            assert line.split()[3:5] == ["2048", "2048"], part
