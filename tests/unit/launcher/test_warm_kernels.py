"""Which kernels are forked, and what a forked process is like."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import platform
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from classroom.config.limits import Limits
from classroom.launcher import fork_server, shown_command, warm_kernels
from classroom.launcher.clone import Clone, UnsupportedError
from classroom.launcher.protocol import ProcessKind, Start
from classroom.launcher.warm_kernels import ForkedProcess, Origin, WarmKernels
from tests import loops

if TYPE_CHECKING:
    from collections.abc import Callable

PYTHON = "/opt/classroom/bin/python"
COMMAND = (PYTHON, "-P", "-m", "ipykernel_launcher", "-f", "/run/k.json")
SESSION = {"JPY_SESSION_NAME": "/data/files/a.ipynb"}


def asked(
    command: tuple[str, ...] = COMMAND,
    environment: dict[str, str] | None = None,
    kind: ProcessKind = ProcessKind.KERNEL,
) -> Start:
    return Start("k", kind, command, environment or {}, "/data/files")


@pytest.mark.parametrize(
    ("start", "is_it"),
    [
        (asked(), True),
        (asked(environment=SESSION), True),
        (asked(environment={"PYTHONPATH": "/data/files"}), False),
        (asked(environment={**SESSION, "OPENBLAS_NUM_THREADS": "1"}), False),
        (asked(kind=ProcessKind.TERMINAL), False),
        (asked(kind=ProcessKind.TASK), False),
        (asked(("/usr/bin/python3", *COMMAND[1:])), False),
        (asked((PYTHON, "-X", "dev", *COMMAND[1:])), False),
        (asked((*COMMAND, "--debug")), False),
        (asked((PYTHON, "-m", "ipykernel_launcher", "-f", "/run/k.json")), False),
        (asked(("R", "--slave")), False),
    ],
)
def test_which_kernels_are_forked(start: Start, is_it: bool) -> None:  # noqa: FBT001 (a case's)
    assert warm_kernels.is_images_kernel(start, PYTHON) is is_it


@pytest.mark.parametrize(
    ("before", "served", "wait"),
    [(0, 1, 1), (1, 1, 2), (2, 0, 4), (40, 1, 60), (60, 1, 60), (60, 61, 1), (0, 100, 1)],
)
def test_how_soon_it_is_started_again(before: float, served: float, wait: float) -> None:
    assert warm_kernels.wait_before_again(before, served) == wait


def test_words_are_shown_with_their_ends() -> None:
    assert shown_command.block(["python", "", "ä"]) == b"python\0\0\xc3\xa4\0"
    assert shown_command.block([]) == b""


def test_what_others_may_write_is_not_imported_from(tmp_path: Path) -> None:
    assert fork_server.is_roots(Path("/usr/lib"))
    assert fork_server.is_roots(Path("/usr/lib/python313.zip"))  # it need not exist
    (tmp_path / "lib").mkdir(mode=0o777)
    (tmp_path / "lib").chmod(0o777)
    assert not fork_server.is_roots(tmp_path / "lib")
    assert not fork_server.is_roots(Path("/tmp/anything"))  # noqa: S108 (others may write there)


def in_a_child(work: Callable[[], int]) -> int:
    """Run a function in a process with a single thread; return its exit status."""
    if (pid := os.fork()) == 0:
        status = 99
        with contextlib.suppress(BaseException):
            status = work()
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_clone_is_its_grandparents_child_and_knows_itself() -> None:
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def work() -> int:
        if (pid := Clone().fork()) != 0:
            its.send(str(pid).encode())
            return 5
        libc = ctypes.CDLL(None)
        its.send(f"{os.getppid()} {os.getpid()} {libc.gettid()}".encode())
        os.kill(os.getpid(), signal.SIGKILL)
        return 98

    assert in_a_child(work) == 5
    said = {ours.recv(100).decode() for _ in range(2)}
    (pid,) = (one for one in said if " " not in one)
    assert said == {pid, f"{os.getpid()} {pid} {pid}"}

    async def wait() -> int:
        forked = ForkedProcess(int(pid))
        assert await forked.wait() == await forked.wait() == forked.returncode
        return await forked.wait()

    assert loops.run(wait()) == -signal.SIGKILL
    with pytest.raises(ChildProcessError):
        os.waitpid(int(pid), os.WNOHANG)
    ours.close()
    its.close()


def test_nothing_is_forked_beside_other_threads() -> None:
    def work() -> int:
        import threading  # noqa: PLC0415 (in the child)

        stop = threading.Event()
        threading.Thread(target=stop.wait, daemon=True).start()
        try:
            Clone().fork()
        except UnsupportedError:
            return 4
        return 0

    assert in_a_child(work) == 4


def test_nothing_is_forked_on_machines_that_were_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(UnsupportedError, match="riscv64"):
        Clone()


def test_another_command_and_environment_are_shown() -> None:
    def work() -> int:
        current = shown_command.now()
        shown_command.show(current, ["other", "-x"], {"A": "b", "C": "ä"})
        command = Path("/proc/self/cmdline").read_bytes()
        environment = Path("/proc/self/environ").read_bytes()
        return 7 if (command, environment) == (b"other\0-x\0", "A=b\0C=ä\0".encode()) else 1

    assert in_a_child(work) == 7


def test_who_is_no_child_is_not_waited_for() -> None:
    async def wait() -> None:
        with pytest.raises(ChildProcessError):
            ForkedProcess(1)

    loops.run(wait())


def test_before_the_fork_server_is_ready_kernels_start_cold() -> None:
    async def start() -> None:
        warm = WarmKernels(Origin(PYTHON, Path("/nowhere"), {}), ("numpy",))
        assert await warm.start(asked(), {}, Limits(), 1) is None

    loops.run(start())


def test_without_modules_there_is_no_fork_server() -> None:
    async def begin() -> None:
        before = asyncio.all_tasks()
        WarmKernels(Origin(PYTHON, Path("/nowhere"), {}), ()).begin()
        assert asyncio.all_tasks() == before

    loops.run(begin())
