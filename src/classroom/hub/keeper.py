"""Keep a child process of the Hub's running, and the ports that it serves out of others' hands."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Awaitable, Callable
    from logging import Logger

REVIVE_SECONDS = 0.2
"""Between a death and the next start: soon enough to be missed by nobody, long enough that a
process that can't start doesn't keep a core busy."""
GIVE_UP_SECONDS = 30
"""When it can't be revived for so long the Hub ends, so that Docker starts all anew."""
BACKLOG = 1024


def listen(address: str, port: int) -> socket.socket:
    """Open a listening socket that the Hub keeps for as long as it lives.

    A child that serves it may die: connections wait for the next one, and nobody else can take
    the port meanwhile.

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


def kill_group(process: Process) -> None:
    """End a process and all its workers, whether or not it still lives itself."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


class Keeper:
    """Starts a process, and starts it again whenever it ends.

    The process must lead a group of its own (``start_new_session``).
    """

    def __init__(self, name: str, spawn: Callable[[], Awaitable[Process]], log: Logger) -> None:
        """Remember how to start it.

        Args:
            name: what the log calls it.
            spawn: starts it and returns when it serves; raises RuntimeError, TimeoutError or
                OSError when it doesn't.
            log: where to say what happened.
        """
        self.name = name
        self._spawn = spawn
        self._log = log
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it and watch over it.

        Raises:
            RuntimeError: it ended instead.
            TimeoutError: it didn't serve in time.
        """
        self._process = await self._spawn()
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop it at once."""
        if self._task is not None:
            self._task.cancel()
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    def reload(self) -> None:
        """Have it read its configuration again (SIGHUP), if it runs."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGHUP)

    async def _watch(self) -> None:
        """Start it again whenever it dies."""
        while self._process is not None:
            status = await self._process.wait()
            self._log.error("%s (nginx) ended with %s: starting it again", self.name, status)
            # Workers outlive a killed master.
            kill_group(self._process)
            if not await self._revive():
                # Gracefully: the lab saves what is open.
                os.kill(os.getpid(), signal.SIGTERM)
                return

    async def _revive(self) -> bool:
        """Start it until it runs; False when it won't for too long."""
        end = asyncio.get_running_loop().time() + GIVE_UP_SECONDS
        while asyncio.get_running_loop().time() < end:
            await asyncio.sleep(REVIVE_SECONDS)
            try:
                self._process = await self._spawn()
            except (RuntimeError, TimeoutError, OSError) as error:
                self._log.error("%s doesn't start: %s", self.name, error)
            else:
                return True
        self._log.critical("%s could not be started for %s s: ending", self.name, GIVE_UP_SECONDS)
        return False
