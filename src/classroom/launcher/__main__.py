"""The launcher: root's, so that it can become `student` and no student can end it.

Run as ``python -I -m classroom.launcher`` inside the sandbox, which what it starts inherits. The
lab server asks, and nobody else can: it does nothing but start, signal and list students'
processes, so that a lab server that was taken over is still no way to root.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any

from classroom import log, tasks
from classroom.launcher import limits, processes, protocol, watch
from classroom.launcher.protocol import BadRequestError, Kind
from classroom.local.caller import caller
from classroom.log import LOG
from classroom.paths import Paths

if TYPE_CHECKING:
    from classroom.launcher.processes import Launched

LAB_USER = "classroom"
SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGCONT}
HANG_UP_SECONDS = 1.0
BASE = {
    "PATH": os.environ["PATH"],
    "LANG": os.environ.get("LANG", "C.UTF-8"),
    "TERM": "dumb",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    # As the egress lock is (supervisor/children.py).
    **{name: os.environ[name] for name in ("PIP_RETRIES",) if name in os.environ},
}


class Launcher:
    """What runs, by key."""

    def __init__(self, paths: Paths) -> None:
        """Run nothing yet.

        Args:
            paths: where things are.
        """
        self._homes = paths.homes
        self.limits = limits.read(paths)
        self._running: dict[str, Launched] = {}

    async def serve(self, connection: socket.socket) -> None:
        """Serve one connection until its other end closes it.

        Args:
            connection: of the lab server.
        """
        loop = asyncio.get_running_loop()
        launched: Launched | None = None
        telling: asyncio.Task[None] | None = None
        try:
            while True:
                message, descriptors = await receive(connection)
                if not message:
                    return
                try:
                    answer, found = await self._do(protocol.decode(message), launched, descriptors)
                except (BadRequestError, OSError) as error:
                    answer, found = {"error": str(error)}, None
                finally:
                    for descriptor in descriptors:
                        os.close(descriptor)
                if answer is not None:
                    with contextlib.suppress(ConnectionError):  # the lab has just died
                        await loop.sock_sendall(connection, protocol.encode(**answer))
                if found is not None:
                    launched = found
                    telling = tasks.start(self._tell(connection, found), "Reporting an end", LOG)
        finally:
            connection.close()
            if telling is not None:
                telling.cancel()
            if launched is not None and launched.kind is Kind.TERMINAL:
                launched.signal(signal.SIGHUP)
                loop.call_later(HANG_UP_SECONDS, launched.signal, signal.SIGKILL)

    async def _do(
        self, asked: dict[str, Any], launched: Launched | None, descriptors: list[int]
    ) -> tuple[dict[str, Any] | None, Launched | None]:
        """Do what is asked: the answer, if there is one, and the process that it is about."""
        if asked.get("do") == "start" and launched is None:
            start = protocol.start_of(asked)
            if start.key in self._running:
                raise BadRequestError(f"{start.key} runs already")
            if (start.kind is Kind.TERMINAL) != bool(descriptors):
                raise BadRequestError("a terminal's process comes with it, and no other")
            found = await processes.launch(
                start, BASE, self.limits, self._homes, descriptors[0] if descriptors else None
            )
            self._running[start.key] = found
            found.end = tasks.start(self._await_end(found), f"Tidying up after {start.key}", LOG)
            return {"pid": found.running.pid}, found
        if asked.get("do") == "adopt" and launched is None:
            if (adopted := self._running.get(str(asked.get("key")))) is None:
                raise BadRequestError("it doesn't run")
            return {"pid": adopted.running.pid}, adopted
        if asked.get("do") == "signal" and launched is not None:
            if asked.get("signal") not in SIGNALS:
                raise BadRequestError(f"no signal: {asked.get('signal')!r}")
            launched.signal(asked["signal"])
            return None, None
        if asked.get("do") == "list" and launched is None:
            kernels = [one.running for one in self._running.values() if one.kind is Kind.KERNEL]
            return {"running": [{"key": one.key, "note": one.note} for one in kernels]}, None
        raise BadRequestError(f"nothing to do: {asked.get('do')!r}")

    def end(self, session: int, why: str) -> bool:
        """End what uses too much for the others.

        Args:
            session: the process id of what was launched.
            why: in words for the student.

        Returns:
            Whether it was one of ours.
        """
        for launched in self._running.values():
            if launched.running.pid == session:
                launched.why = why
                launched.signal(signal.SIGKILL)
                LOG.warning("%s %s ended: %s", launched.kind.value, launched.running.key, why)
                return True
        return False

    async def _await_end(self, launched: Launched) -> int:
        """Wait until a process has ended, and clean up after it."""
        status = await launched.wait()
        self._running.pop(launched.running.key, None)
        if status not in {0, -signal.SIGTERM, -signal.SIGHUP} and launched.last_words:
            LOG.info(
                "%s %s ended with %s: %s",
                launched.kind.value,
                launched.running.key,
                status,
                launched.last_words,
            )
        await processes.tidy(launched.home)
        return status

    async def _tell(self, connection: socket.socket, launched: Launched) -> None:
        """Tell the lab when a process has ended."""
        assert launched.end is not None  # noqa: S101 (set before anybody knows of it)
        status = await asyncio.shield(launched.end)
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().sock_sendall(
                connection, protocol.encode(exited=status, why=launched.why)
            )


async def receive(connection: socket.socket) -> tuple[bytes, list[int]]:
    """Wait for a message and the descriptors that come with it; empty at the end."""
    loop = asyncio.get_running_loop()
    readable: asyncio.Future[None] = loop.create_future()

    def is_readable() -> None:
        if not readable.done():
            readable.set_result(None)

    loop.add_reader(connection, is_readable)
    try:
        await readable
    finally:
        loop.remove_reader(connection)
    try:
        message, descriptors, _, _ = socket.recv_fds(connection, protocol.LONGEST, 1)
    except OSError:
        return b"", []
    return message, descriptors


def _end_with(watching: asyncio.Task[None]) -> None:
    """End with the watch: the supervisor starts both anew."""
    if not watching.cancelled() and (error := watching.exception()) is not None:
        LOG.critical("Memory and disk are no longer watched: %s", error, exc_info=error)
        os._exit(1)


async def launch_for_the_lab(paths: Paths) -> None:
    """Listen, and serve the lab server for as long as this process lives."""
    processes.clear(paths.homes)
    launcher = Launcher(paths)
    watching = asyncio.create_task(
        watch.watch(paths.files, launcher.limits, launcher.end, LOG), name="watch"
    )
    watching.add_done_callback(_end_with)
    lab = pwd.getpwnam(LAB_USER)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.setblocking(False)  # noqa: FBT003 (a builtin's)
    listening.bind(str(paths.launcher_socket))
    paths.launcher_socket.chmod(0o660)
    os.chown(paths.launcher_socket, 0, lab.pw_gid)
    listening.listen(128)
    while True:
        connection, _ = await asyncio.get_running_loop().sock_accept(listening)
        if caller(connection) != lab.pw_uid:
            connection.close()
            continue
        tasks.start(launcher.serve(connection), "Serving the lab", LOG)


def main() -> int:
    """Serve until the end."""
    log.begin()
    asyncio.run(launch_for_the_lab(Paths()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
