"""Handle a lab server's requests to the launcher: start, adopt, signal and list its processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING, Any

from classroom.config import limits, preload
from classroom.launcher import connections, homes, process, protocol
from classroom.launcher.protocol import BadRequestError, ProcessKind
from classroom.launcher.warm_kernels import Origin, WarmKernels
from classroom.runtime import background_tasks
from classroom.runtime.lab_users import CLASS
from classroom.runtime.log import LOG
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    import socket

    from classroom.launcher.process import StudentProcess
    from classroom.launcher.protocol import Start
    from classroom.runtime.paths import Paths

SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGCONT}
HANG_UP_SECONDS = 1.0
TASK_SECONDS = 15.0
"""How long a task may take; the lab server's time limit is shorter
(`classroom.launcher.client.TIMEOUT_SECONDS`)."""
LONGEST_REASON_CHARACTERS = 2000
"""The limit of an error text, which may contain parts of the request."""
SPARE_PROCESSES = 32
"""Processes that may run besides twice the number of kernels: tasks, and ending processes."""
BASE = {
    "PATH": os.environ["PATH"],
    "LANG": os.environ.get("LANG", "C.UTF-8"),
    "TERM": "dumb",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    # The operator's time zone; and the number of pip's retries, which the egress lock decides
    # (supervisor/services.py).
    **{name: os.environ[name] for name in ("TZ", "PIP_RETRIES") if name in os.environ},
}


class Launcher:
    """The running processes, by lab and key: a lab's server reaches only its own."""

    def __init__(self, paths: Paths) -> None:
        """Read the limits; run no process yet.

        Args:
            paths: the container's paths.
        """
        self._paths = paths
        self.limits = limits.read(paths)
        origin = Origin(str(paths.prefix / "bin/python"), paths.warm_home, BASE)
        self._warm = WarmKernels(origin, preload.read(paths))
        self._running: dict[tuple[int, str], StudentProcess] = {}
        self._starting: set[tuple[int, str]] = set()

    async def serve(self, connection: socket.socket, lab: int = CLASS) -> None:
        """Serve one connection until its other end closes it.

        Args:
            connection: the connection from a lab's server.
            lab: the number of that lab, as the socket's credentials tell it.
        """
        launched: StudentProcess | None = None
        telling: asyncio.Task[None] | None = None
        untold: StudentProcess | None = None
        try:
            while True:
                if not (message := await connections.receive(connection)):
                    return
                try:
                    asked = protocol.decode(message)
                    answers, found = await self._do(asked, launched, lab)
                    untold = found if asked["do"] == "start" else None
                except (ValueError, OSError) as error:
                    answers, found = [{"error": str(error)[:LONGEST_REASON_CHARACTERS]}], None
                launched = launched or found
                for answer in answers:
                    await connections.send(connection, protocol.encode(**answer), found)
                untold = None
                if found is not None:
                    telling = background_tasks.start(
                        self._tell(connection, found), "Reporting an end", LOG
                    )
        except OSError:
            # The client is gone, and nobody would ever know of the process that was just started.
            if untold is not None:
                untold.signal(signal.SIGKILL)
        finally:
            connection.close()
            if telling is not None:
                telling.cancel()
            if launched is not None:
                _let_go(launched)

    async def _do(
        self, asked: dict[str, Any], launched: StudentProcess | None, lab: int
    ) -> tuple[list[dict[str, Any]], StudentProcess | None]:
        """Handle a request; return the answers, and the process of the connection from now on."""
        if asked.get("do") == "start" and launched is None:
            found = await self._start(protocol.start_of(asked), lab)
            return [{"pid": found.running.pid}], found
        if asked.get("do") == "adopt" and launched is None:
            if (adopted := self._running.get((lab, str(asked.get("key"))))) is None:
                raise BadRequestError("it doesn't run")
            return [{"pid": adopted.running.pid}], adopted
        if asked.get("do") == "signal" and launched is not None:
            if not isinstance(asked.get("signal"), int) or asked["signal"] not in SIGNALS:
                raise BadRequestError(f"no signal: {asked.get('signal')!r}")
            launched.signal(asked["signal"])
            return [], None
        if asked.get("do") == "warm" and launched is None:
            self._warm.begin()
            return [{}], None
        if asked.get("do") == "list" and launched is None:
            kernels = [one.running for one in self._of(lab) if one.kind is ProcessKind.KERNEL]
            return [*({"key": one.key, "note": one.note} for one in kernels), {"end": True}], None
        raise BadRequestError(f"nothing to do: {asked.get('do')!r}")

    def _of(self, lab: int) -> list[StudentProcess]:
        """List the running processes of a lab."""
        return [one for (whose, _), one in self._running.items() if whose == lab]

    async def _start(self, start: Start, lab: int) -> StudentProcess:
        """Start a process, unless it already runs, or too many of its lab's processes run."""
        key, own = (lab, start.key), limits.of_lab(self.limits, lab)
        if key in self._running or key in self._starting:
            raise BadRequestError(f"{start.key} runs already")
        most = 2 * own.kernels + SPARE_PROCESSES
        starting = sum(whose == lab for whose, _ in self._starting)
        if len(self._of(lab)) + starting >= most:
            raise BadRequestError(
                gettext("{most} processes are running, which is the limit").format(most=most)
            )
        self._starting.add(key)
        try:
            found = await process.launch(start, BASE, own, self._paths.of_lab(lab), self._warm)
        finally:
            self._starting.discard(key)
        # If this isn't the first launcher, the lab server has already sent its ``warm``.
        self._warm.begin()
        self._running[key] = found
        found.end = background_tasks.start(
            self._await_end(found), f"Waiting for {start.key}'s end", LOG
        )
        if found.kind is ProcessKind.TASK:
            # Another student can stop it (SIGSTOP), and it would count as running for good.
            asyncio.get_running_loop().call_later(TASK_SECONDS, found.signal, signal.SIGKILL)
        return found

    def homes(self) -> dict[int, str]:
        """List the homes of the running processes, by process id."""
        return {one.running.pid: str(one.home) for one in self._running.values()}

    def end(self, session: int, why: str) -> bool:
        """End a process that uses too much.

        Args:
            session: its process id.
            why: the reason, in words for the student.

        Returns:
            Whether the launcher has started it.
        """
        for launched in self._running.values():
            if launched.running.pid == session:
                launched.why = why
                launched.signal(signal.SIGKILL)
                LOG.warning("%s %s ended: %s", launched.kind.value, launched.running.key, why)
                return True
        return False

    async def _await_end(self, launched: StudentProcess) -> int:
        """Wait until a process has ended, and begin to clean up after it."""
        status = await launched.wait()
        self._running.pop((launched.lab, launched.running.key), None)
        launched.hand_over()
        if status not in {0, -signal.SIGTERM, -signal.SIGHUP} and launched.last_words:
            LOG.info(
                "%s %s ended with %s: %s",
                launched.kind.value,
                launched.running.key,
                status,
                launched.last_words,
            )
        # In the background, after the lab server hears of the end: students can delay this step.
        background_tasks.start(
            homes.tidy(launched.home, user=launched.user),
            f"Tidying up after {launched.running.key}",
            LOG,
        )
        return status

    async def _tell(self, connection: socket.socket, launched: StudentProcess) -> None:
        """Tell the lab when a process has ended."""
        assert launched.end is not None  # noqa: S101 (set before anybody knows of it)
        status = await asyncio.shield(launched.end)
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().sock_sendall(
                connection, protocol.encode(exited=status, why=launched.why)
            )


def _let_go(launched: StudentProcess) -> None:
    """End a process that nobody can use without the connection on which it was started."""
    if launched.kind is ProcessKind.TERMINAL:
        launched.signal(signal.SIGHUP)
        asyncio.get_running_loop().call_later(HANG_UP_SECONDS, launched.signal, signal.SIGKILL)
    elif launched.kind is ProcessKind.TASK:
        launched.signal(signal.SIGKILL)
