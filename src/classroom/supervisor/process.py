"""Keep a process running, and keep its ports from other processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from typing import TYPE_CHECKING

from classroom.runtime import background_tasks
from classroom.supervisor import liveness, probe
from classroom.supervisor.liveness import Backoff, Silence

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Callable
    from logging import Logger
    from pathlib import Path

    from classroom.supervisor.services import Child

UP_SECONDS = 90
"""How long a process may take until it serves, also on a busy machine."""
GIVE_UP_SECONDS = 30
"""If it can't be restarted for so long, the container ends, so that Docker restarts all."""
BEFORE_SECONDS, BEFORE_TIMES = 1.5, 4
"""How long a command before a start may take at the first try, and the number of tries. The time
doubles at each further try; together they are less than `GIVE_UP_SECONDS`."""
BACKLOG = 1024
LOOK_SECONDS = 0.02


def listen(address: str, port: int) -> socket.socket:
    """Open a listening socket that stays open for as long as the container runs.

    If the process that serves it dies, connections wait for the next one, and no other process can
    take the port meanwhile.

    Args:
        address: IPv4 or IPv6.
        port: TCP port.

    Raises:
        OSError: it is taken.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = socket.create_server((address, port), family=family, backlog=BACKLOG)
    found.settimeout(0)
    return found


def listen_locally(place: Path) -> socket.socket:
    """Open a listening unix socket that stays open as in `listen`.

    Args:
        place: its path, in a directory that nobody else may write; an existing file is replaced.

    Raises:
        OSError: it can't be made.
    """
    place.unlink(missing_ok=True)
    found = socket.socket(socket.AF_UNIX)
    found.bind(str(place))
    place.chmod(0o600)
    found.listen(BACKLOG)
    found.settimeout(0)
    return found


def listen_for_datagrams(address: str, port: int) -> socket.socket:
    """Open a UDP socket, without SO_REUSEADDR: nobody else can share it.

    Args:
        address: IPv4.
        port: UDP port.

    Raises:
        OSError: it is taken.
    """
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    found.bind((address, port))
    found.settimeout(0)
    return found


def kill_group(process: Process) -> None:
    """End a process and all its workers, also if the process itself has already ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


async def run_before(command: tuple[str, ...]) -> None:
    """Run a command to its end, and try again if it is stopped.

    A process that becomes a student can be stopped or killed by that student's programs before it
    has done its work.

    Args:
        command: program and arguments; a failure is ignored.

    Raises:
        TimeoutError: it has not ended by itself at any try.
    """
    for tried in range(BEFORE_TIMES):
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
        try:
            # Perhaps no program has stopped it, and the machine is busy.
            async with asyncio.timeout(BEFORE_SECONDS * 2**tried):
                status = await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            continue
        if status >= 0:
            return
    raise TimeoutError(f"the step before its start was stopped {BEFORE_TIMES} times")


class Keeper:
    """Starts a process, and starts it again whenever it ends."""

    def __init__(self, child: Child, log: Logger, give_up: Callable[[], None]) -> None:
        """Remember how to start it.

        Args:
            child: the process to run.
            log: the logger.
            give_up: called if it can't be restarted.
        """
        self._child = child
        self._log = log
        self.give_up = give_up
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._backoff = Backoff()
        self._begun = False

    @property
    def name(self) -> str:
        """Its name in the log."""
        return self._child.name

    @property
    def is_begun(self) -> bool:
        """Say whether it was started at least once."""
        return self._begun

    async def start(self) -> None:
        """Start it, and restart it from then on.

        Raises:
            RuntimeError: it ended instead.
            TimeoutError: it didn't serve in time.
        """
        self._begun = True
        self._process = await self._spawn()
        what = f"Watching over {self._child.name}"
        self._task = background_tasks.start(self._watch(), what, self._log, self.give_up)

    async def stop(self) -> None:
        """Ask it to end, and kill it if it doesn't."""
        if self._task is not None:
            self._task.cancel()
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(self._child.stop_seconds):
                await process.wait()
        except TimeoutError:
            self._log.error("%s did not stop in time: killed", self._child.name)
        kill_group(process)

    def reload(self) -> None:
        """Have it read its configuration again (SIGHUP), if it runs."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGHUP)

    async def _spawn(self) -> Process:
        """Start it and return when it serves.

        Raises:
            RuntimeError: it ended instead.
            TimeoutError: it didn't serve in time.
        """
        self._child.ready.unlink(missing_ok=True)
        for command in self._child.before:
            await run_before(command)
        started = await asyncio.create_subprocess_exec(
            *self._child.command,
            start_new_session=True,  # a process group of its own, to end its workers, too
            pass_fds=self._child.descriptors,
            env=dict(self._child.environment),
            cwd=self._child.folder,
        )
        self._process = started
        try:
            async with asyncio.timeout(UP_SECONDS):
                await self._wait_until_it_serves(started)
        except TimeoutError:
            kill_group(started)
            raise TimeoutError(f"it doesn't serve after {UP_SECONDS} s") from None
        except RuntimeError:
            kill_group(started)
            raise
        return started

    async def _wait_until_it_serves(self, started: Process) -> None:
        while not self._child.ready.exists():
            if started.returncode is not None:
                raise RuntimeError(f"it ended with {started.returncode}")
            await asyncio.sleep(LOOK_SECONDS)

    async def _watch(self) -> None:
        """Start it again after each death, and end it if it hangs."""
        clock = asyncio.get_running_loop().time
        while self._process is not None:
            begun = clock()
            looking = background_tasks.start(
                self._look_after(self._process),
                f"Asking {self._child.name} whether it lives",
                self._log,
                self.give_up,
            )
            try:
                status = await self._process.wait()
            finally:
                looking.cancel()
            self._log.error("%s ended with %s: restarting it", self._child.name, status)
            # Workers outlive a killed master.
            kill_group(self._process)
            if not await self._revive(clock() - begun):
                self.give_up()
                return

    async def _look_after(self, process: Process) -> None:
        """Ask it again and again; end it if it has not answered for too long."""
        question, clock = self._child.question, asyncio.get_running_loop().time
        if question is None:
            return
        silence, answers = Silence(clock()), asyncio.Event()
        asked: list[asyncio.Task[None]] = []

        async def ask() -> None:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(liveness.SILENT_SECONDS):
                    if await question.is_answered():
                        answers.set()

        while True:
            asked = [one for one in asked if not one.done()]
            # Questions must not make a busy part even busier, which answers one after the other.
            if len(asked) < liveness.MOST_PENDING_QUESTIONS:
                asked.append(
                    background_tasks.start(ask(), f"A question to {self._child.name}", self._log)
                )
            await asyncio.sleep(liveness.BEAT_SECONDS)
            stopped = probe.is_stopped(process.pid, workers=self._child.has_workers)
            answered = answers.is_set() and not stopped
            answers.clear()
            if silence.look(clock(), answered=answered):
                seconds = liveness.SILENT_SECONDS
                self._log.error(
                    "%s has answered nothing for %d s: killed", self._child.name, seconds
                )
                kill_group(process)
                return

    async def _revive(self, served: float) -> bool:
        """Try to start it until it runs; return False if it does not for too long.

        Args:
            served: the seconds for which it has run.
        """
        end = asyncio.get_running_loop().time() + GIVE_UP_SECONDS
        wait = self._backoff.died(served)
        while asyncio.get_running_loop().time() < end:
            await asyncio.sleep(wait)
            try:
                self._process = await self._spawn()
            except (RuntimeError, TimeoutError, OSError) as error:
                self._log.error("%s doesn't start: %s", self._child.name, error)
                wait = self._backoff.died(0)
            else:
                self._log.info("%s is back", self._child.name)
                return True
        self._log.critical("%s could not be started for %s s", self._child.name, GIVE_UP_SECONDS)
        return False
