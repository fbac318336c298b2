"""Start warm kernels: fork them from a process that has imported the modules that they need.

The launcher starts that process, the fork server (`classroom.launcher.fork_server`), when somebody
opens the first page. While the fork server is not ready, kernels start cold; so do kernels of other
programs than the image's Python. Forked kernels are the launcher's children, like the others:
waitpid(2) returns their exit status, no other process gets their ids before, and they go on if the
fork server ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from classroom.launcher import command
from classroom.launcher.protocol import LONGEST_MESSAGE_BYTES, ProcessKind
from classroom.runtime import background_tasks, lab_users
from classroom.runtime.log import LOG

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from classroom.config.limits import Limits
    from classroom.launcher.protocol import Start

HARMLESS = frozenset({"JPY_SESSION_NAME"})
"""Environment variables of a kernel on which no import depends."""
START_SECONDS = 5.0
"""How long a fork may take before the kernel starts cold; the lab server waits twice as long."""
READY_SECONDS = 300.0
"""How long the imports may take, at the lowest priority."""
SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 60.0
"""The first and the longest wait before an ended fork server starts again; it doubles each time."""
SERVED_SECONDS = 60.0
"""After a fork server that has served so long, the wait is the shortest again."""
MB = 1024**2


def is_images_kernel(start: Start, python: str) -> bool:
    """Say whether a kernel is the image's own, without anything that changes its imports.

    Args:
        start: the request.
        python: the image's interpreter.
    """
    own = (python, "-P", "-m", "ipykernel_launcher", "-f")
    return (
        start.kind is ProcessKind.KERNEL
        and start.command[:-1] == own
        and start.environment.keys() <= HARMLESS
    )


def wait_before_again(before: float, served: float) -> float:
    """Return the seconds to wait until the fork server starts again.

    Args:
        before: seconds of the previous wait.
        served: seconds for which the fork server has served.
    """
    return (
        SHORTEST_WAIT_SECONDS
        if served >= SERVED_SECONDS
        else min(LONGEST_WAIT_SECONDS, max(1, 2 * before))
    )


@dataclass(frozen=True)
class Origin:
    """The origin of forked kernels.

    Attributes:
        python: the image's interpreter.
        home: the fork server's home, which only root can read.
        base: the environment of all kernels.
    """

    python: str
    home: Path
    base: Mapping[str, str]


class ForkedProcess:
    """A child that the fork server has forked for the launcher; used like asyncio's processes."""

    def __init__(self, pid: int) -> None:
        """Begin to wait for its end.

        Args:
            pid: its process id.

        Raises:
            OSError: it is no child of this process.
        """
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        self.pid = pid
        self.returncode: int | None = None
        self._held = os.pidfd_open(pid)
        loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = loop.create_future()
        loop.add_reader(self._held, self._end)

    async def wait(self) -> int:
        """Return its exit status when it has ended: negative for a signal."""
        return await asyncio.shield(self._ended)

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._held)
        os.close(self._held)
        self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self._ended.set_result(self.returncode)


class WarmKernels:
    """The fork server, and the kernels forked from it."""

    def __init__(self, origin: Origin, names: tuple[str, ...]) -> None:
        """Start no process yet.

        Args:
            origin: the origin of forked kernels.
            names: the modules to import; none for kernels that start cold.
        """
        self._origin, self._names = origin, names
        self._control: socket.socket | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._complaints: set[str] = set()

    def begin(self) -> None:
        """Start the fork server, unless it was already started or has no modules to import."""
        if self._names and self._keeping is None:
            self._keeping = background_tasks.start(self._keep(), "Keeping kernels warm", LOG)

    async def start(
        self,
        start: Start,
        environment: Mapping[str, str],
        limits: Limits,
        output: int,
        lab: int = lab_users.CLASS,
    ) -> ForkedProcess | None:
        """Fork a kernel.

        Args:
            start: the request.
            environment: the kernel's whole environment.
            limits: what it may use.
            output: the descriptor of its stdout and stderr.
            lab: the number of its lab.

        Returns:
            The kernel, which already runs as a student; None if it must start cold.
        """
        if self._control is None or not is_images_kernel(start, self._origin.python):
            return None
        user = lab_users.code(lab)
        message = {
            "command": start.command,
            "environment": environment,
            "folder": start.folder,
            "limits": {one: getattr(limits, one) for one in ("memory", "processes", "files")},
            "uid": user.uid,
            "gid": user.gid,
            "umask": command.umask(lab),
            "lab": lab,
            "parent": os.getpid(),
        }
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)  # noqa: FBT003 (a builtin's)
        with its:
            try:
                asked = [json.dumps(message).encode()]
                socket.send_fds(self._control, asked, [output, its.fileno()])
            except OSError:  # the fork server is too busy, or has ended
                ours.close()
                return None
        wanted = asyncio.Event()
        wanted.set()
        hearing: asyncio.Task[ForkedProcess | None] = asyncio.create_task(_hear(ours, wanted))
        background_tasks.supervise(hearing, "Hearing of a forked kernel", LOG)
        if not (await asyncio.wait({hearing}, timeout=START_SECONDS))[0]:
            wanted.clear()
            return None
        return hearing.result()

    async def _keep(self) -> None:
        """Start the fork server, and start it again after each end."""
        wait = 0.0
        while True:
            await asyncio.sleep(wait)
            begun = time.monotonic()
            try:
                if not await self._serve_once():
                    return
            except OSError as error:
                LOG.warning("The fork server can't be started (%s): retrying", error)
            wait = wait_before_again(wait, time.monotonic() - begun)
            LOG.info("Kernels start cold: the fork server ended; it starts again in %d s", wait)

    async def _serve_once(self) -> bool:
        """Run the fork server until it ends; return False if it can't run on this machine."""
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)  # noqa: FBT003 (a builtin's)
        with ours, its:
            process = await asyncio.create_subprocess_exec(
                *(self._origin.python, "-P", "-m", "classroom.launcher.fork_server"),
                *(str(its.fileno()), str(os.getpid()), *self._names),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env={**self._origin.base, "HOME": str(self._origin.home)},
                cwd="/",
                pass_fds=(its.fileno(),),
            )
            its.close()
            try:
                try:
                    found = await _receive(ours, READY_SECONDS)
                except (OSError, TimeoutError):
                    found = {}
                if (why := found.get("unsupported")) is not None:
                    LOG.warning("Kernels start cold on this machine: %s", why)
                    return False
                if found and await ForkedProcess(found["trial"]).wait() == 0:
                    self._say(found)
                    self._control = ours
                    await process.wait()
            finally:
                self._control = None
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        process.kill()
                await process.wait()
        return True

    def _say(self, found: dict[str, Any]) -> None:
        """Log the imported modules, and those that could not be imported."""
        for name, why in found["failed"].items():
            if name not in self._complaints:
                self._complaints.add(name)
                what = "c.Classroom.preload: %s can't be imported (%s); kernels start without it"
                LOG.warning(what, name, why)
        names = ", ".join(name for name in self._names if name not in found["failed"])
        LOG.info("Kernels start warm: %s imported, %d MB", names, found["memory"] // MB)


async def _receive(connection: socket.socket, seconds: float) -> dict[str, Any]:
    """Return the next message; {} at the end.

    Raises:
        TimeoutError: no message came in time.
        OSError: the connection failed.
    """
    async with asyncio.timeout(seconds):
        message = await asyncio.get_running_loop().sock_recv(connection, LONGEST_MESSAGE_BYTES)
    return dict(json.loads(message)) if message else {}


async def _hear(connection: socket.socket, wanted: asyncio.Event) -> ForkedProcess | None:
    """Wait until a forked process is a student's, and let it go on if it is still wanted.

    Args:
        connection: the connection to it.
        wanted: tells whether the caller still waits for it.

    Returns:
        None if it has failed, or nobody wants it; the process has ended then.
    """
    loop = asyncio.get_running_loop()
    forked = None
    with connection, contextlib.suppress(OSError):
        if not (pid := await loop.sock_recv(connection, LONGEST_MESSAGE_BYTES)):
            return None
        forked = ForkedProcess(int(pid))
        if await loop.sock_recv(connection, LONGEST_MESSAGE_BYTES) and wanted.is_set():
            connection.send(b"go on")
            return forked
    if forked is not None:
        await forked.wait()
    return None
