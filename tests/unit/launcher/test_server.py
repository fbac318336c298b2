"""The launcher's work for its connections, with stand-ins for processes."""

from __future__ import annotations

import asyncio
import errno
import json
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from classroom.config import limits, preload
from classroom.config.limits import Limits
from classroom.launcher import connections, homes, process, protocol, server
from classroom.launcher.protocol import ProcessKind, Running, Start
from classroom.runtime.lab_users import CLASS, STUDENT
from classroom.runtime.paths import Paths
from tests import loops

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from classroom.runtime.lab_users import UnixUser


class Seeming:
    """A stand-in for a process, which ends only when it is killed."""

    last_words = why = ""
    terminal = None
    home = Path("/nowhere")
    lab, user = CLASS, STUDENT

    def __init__(self, start: Start) -> None:
        self.kind = start.kind
        self.running = Running(start.key, 7, start.note)
        self.end: asyncio.Task[int] | None = None
        self.killed = asyncio.Event()

    def signal(self, number: int) -> None:
        if number == signal.SIGKILL:
            self.killed.set()

    async def wait(self) -> int:
        await self.killed.wait()
        return -signal.SIGKILL

    def hand_over(self) -> None:
        pass


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return a function that runs a launcher, and a test whose connection started a process."""

    async def launch(start: Start, *_: object) -> Seeming:
        return Seeming(start)

    async def tidy(*_: Path, user: UnixUser) -> None:
        del user
        await asyncio.sleep(3600)

    monkeypatch.setattr(limits, "read", lambda _: Limits(kernels=1))
    monkeypatch.setattr(preload, "read", lambda _: ())
    monkeypatch.setattr(process, "launch", launch)
    monkeypatch.setattr(homes, "tidy", tidy)

    def run(
        kind: ProcessKind, during: Callable[[Any, socket.socket], Coroutine[Any, Any, None]]
    ) -> None:
        async def work() -> None:
            made = server.Launcher(Paths())
            ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            ours.setblocking(False)  # noqa: FBT003 (a builtin's)
            its.setblocking(False)  # noqa: FBT003
            serving = asyncio.create_task(made.serve(its))
            with ours:
                loop = asyncio.get_running_loop()
                await loop.sock_sendall(ours, Start("k", kind, ("x",), {}, "/").encode())
                assert json.loads(await loop.sock_recv(ours, 1000)) == {"pid": 7}
                await during(made, ours)
            await serving

        loops.run(asyncio.wait_for(work(), 30))

    return run


def test_an_end_is_told_before_anything_is_tidied(serve: Callable[..., Any]) -> None:
    """A student can stop the process that tidies up: before, the lab was never told of the end."""

    async def end(made: Any, ours: socket.socket) -> None:
        made._running[CLASS, "k"].signal(signal.SIGKILL)
        told = await asyncio.get_running_loop().sock_recv(ours, 1000)
        assert json.loads(told) == {"exited": -9, "why": ""}

    serve(ProcessKind.KERNEL, end)


def test_a_task_that_nobody_waits_for_keeps_no_place(serve: Callable[..., Any]) -> None:
    """Before, a stopped task stayed for good; after several of them no kernel started."""

    async def hang_up(made: Any, ours: socket.socket) -> None:
        ours.close()
        await loops.until(lambda: not made._running)

    serve(ProcessKind.TASK, hang_up)


def test_a_task_ends_in_time(serve: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "TASK_SECONDS", 0.1)

    async def wait(made: Any, _: socket.socket) -> None:
        await loops.until(lambda: not made._running)

    serve(ProcessKind.TASK, wait)


def test_a_kernel_goes_on_without_its_connection(
    serve: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, gone = server._let_go, asyncio.Event()

    def noted(launched: Any) -> None:
        let_go(launched)
        gone.set()

    async def hang_up(made: Any, ours: socket.socket) -> None:
        ours.close()
        await gone.wait()
        await loops.settle()
        assert made._running
        made._running[CLASS, "k"].signal(signal.SIGKILL)

    monkeypatch.setattr(server, "_let_go", noted)
    monkeypatch.setattr(server, "HANG_UP_SECONDS", 0.0)
    serve(ProcessKind.KERNEL, hang_up)


def test_a_lab_has_what_it_has_started_and_no_other_lab_has(serve: Callable[..., Any]) -> None:
    """The same key in two labs means two processes; no lab lists or adopts another lab's."""

    async def another(made: Any, _: socket.socket) -> None:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        loop = asyncio.get_running_loop()

        async def ask(message: bytes) -> Any:
            await loop.sock_sendall(ours, message)
            return json.loads(await loop.sock_recv(ours, 1000))

        for one in (ours, its):
            one.setblocking(False)  # noqa: FBT003 (a builtin's)
        serving = asyncio.create_task(made.serve(its, 3))
        with ours:
            assert await ask(protocol.encode(do="list")) == {"end": True}
            assert await ask(protocol.encode(do="adopt", key="k")) == {"error": "it doesn't run"}
            same = Start("k", ProcessKind.KERNEL, ("x",), {}, "/").encode()
            assert await ask(same) == {"pid": 7}
            assert set(made._running) == {(CLASS, "k"), (3, "k")}
            for one in list(made._running.values()):
                one.signal(signal.SIGKILL)
        await serving

    serve(ProcessKind.KERNEL, another)


def test_what_tidies_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    real, made = asyncio.create_subprocess_exec, []

    async def stopped(*_: object, **__: object) -> Any:
        made.append(await real("/bin/sleep", "60"))
        return made[0]

    monkeypatch.setattr(homes, "TIDY_SECONDS", 0.1)
    monkeypatch.setattr(asyncio, "create_subprocess_exec", stopped)
    loops.run(asyncio.wait_for(homes.tidy(Path("/nowhere")), 30))
    assert made[0].returncode == -signal.SIGKILL


def test_without_a_descriptor_left_it_waits_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, the launcher ended, and all kernels with it."""
    monkeypatch.setattr(connections, "ACCEPT_SECONDS", 0.01)
    listening, other = socket.socketpair()
    answers: list[Any] = [OSError(errno.EMFILE, "too many"), OSError(errno.EMFILE, ""), (other, "")]

    async def accept() -> socket.socket:
        async def sock_accept(_: socket.socket) -> Any:
            if isinstance(answer := answers.pop(0), OSError):
                raise answer
            return answer

        monkeypatch.setattr(asyncio.get_running_loop(), "sock_accept", sock_accept)
        return await connections.accept(listening)

    with listening, other:
        assert loops.run(accept()) is other
