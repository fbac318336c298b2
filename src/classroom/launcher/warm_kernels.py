"""Kernels that start within a moment: forked from a process that has imported what they need.

That process, the fork server (`classroom.launcher.fork_server`), is started when the first page is
open. A kernel that is asked for before it is ready, or while it is being started again, starts
cold; so does any that isn't the image's own Python. Forked kernels are the launcher's children, as
the others are: their exit status comes from waitpid(2), their ids are nobody else's until then, and
they go on when the fork server ends.
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
"""What a kernel may be given in its environment that no import depends on."""
START_SECONDS = 5.0
"""How long a fork may take before the kernel starts cold; the lab waits for twice as long."""
READY_SECONDS = 300.0
"""How long the imports may take, at the lowest priority."""
SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 60.0
"""Seconds until a fork server that has ended is started again: twice as long each time."""
SERVED_SECONDS = 60.0
"""A fork server that has served for so long ended for a reason of the moment."""
MB = 1024**2


def is_images_kernel(start: Start, python: str) -> bool:
    """Say whether a kernel is the image's own, with nothing that changes what it would import.

    Args:
        start: what is asked for.
        python: the image's interpreter.
    """
    own = (python, "-P", "-m", "ipykernel_launcher", "-f")
    return (
        start.kind is ProcessKind.KERNEL
        and start.command[:-1] == own
        and start.environment.keys() <= HARMLESS
    )


def wait_before_again(before: float, served: float) -> float:
    """Say how long to wait until the fork server is started again.

    Args:
        before: seconds that were waited before it was started.
        served: seconds for which it has served.
    """
    return (
        SHORTEST_WAIT_SECONDS
        if served >= SERVED_SECONDS
        else min(LONGEST_WAIT_SECONDS, max(1, 2 * before))
    )


@dataclass(frozen=True)
class Origin:
    """Where forked kernels come from.

    Attributes:
        python: the image's interpreter.
        home: the fork server's; readable only for root.
        base: the environment that all kernels get.
    """

    python: str
    home: Path
    base: Mapping[str, str]


class ForkedProcess:
    """A child that the launcher hasn't started itself; used like asyncio's own."""

    def __init__(self, pid: int) -> None:
        """Wait for it from now on.

        Args:
            pid: its process id.

        Raises:
            OSError: it is no child of this process's.
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
    """The fork server, and what was forked from it."""

    def __init__(self, origin: Origin, names: tuple[str, ...]) -> None:
        """Start nothing yet.

        Args:
            origin: where forked kernels come from.
            names: of the modules to import; none for kernels that start cold.
        """
        self._origin, self._names = origin, names
        self._control: socket.socket | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._complaints: set[str] = set()

    def begin(self) -> None:
        """Start the fork server, unless it was started already or nothing is to be imported."""
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
            start: what is asked for.
            environment: all of it.
            limits: what it may use.
            output: descriptor of its stdout and stderr.
            lab: the number of its lab.

        Returns:
            The kernel, which is a student's; None when it must start cold.
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
            except OSError:  # it is too busy, or gone
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
        """Start the fork server, again and again."""
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
        """Run the fork server until it ends; False when there is no use in running it again."""
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
        """Say what was imported, and what could not be."""
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
        TimeoutError: there was none in time.
        OSError: the connection failed.
    """
    async with asyncio.timeout(seconds):
        message = await asyncio.get_running_loop().sock_recv(connection, LONGEST_MESSAGE_BYTES)
    return dict(json.loads(message)) if message else {}


async def _hear(connection: socket.socket, wanted: asyncio.Event) -> ForkedProcess | None:
    """Wait until a forked process is a student's, and have it go on if it is wanted still.

    Args:
        connection: to it.
        wanted: whether nobody has given it up.

    Returns:
        None when it came to nothing, or nobody wants it: it has ended then.
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
