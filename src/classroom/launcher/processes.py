"""The students' processes: started, signalled, waited for, and cleaned up after."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from classroom import tasks
from classroom.launcher import command
from classroom.launcher.command import STUDENT, UMASK
from classroom.launcher.protocol import Running
from classroom.log import LOG

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Mapping

    from classroom.launcher.command import Limits
    from classroom.launcher.protocol import Start

MEMORY = "it was killed, most likely because the container's memory ran out"
LAST_WORDS = 2000
"""Bytes that are kept of what a kernel has said on its own stdout and stderr."""


class Launched:
    """A process that was started."""

    def __init__(self, start: Start, process: Process, home: Path) -> None:
        """Remember it.

        Args:
            start: what was asked for.
            process: what came of it.
            home: its own folder.
        """
        self.running = Running(start.key, process.pid, start.note)
        self.kind = start.kind
        self.home = home
        self.why = ""
        """Why it was ended by us, for the student."""
        self.end: asyncio.Task[int] | None = None
        """Ends with it, and with what it leaves behind."""
        self._said = b""
        self._asked = False
        self._process = process
        self._listening: asyncio.Task[None] | None = None

    async def listen(self, pipe: int) -> None:
        """Hear what it says, for as long as anything of it speaks.

        Args:
            pipe: the other end of its stdout and stderr; closed at the end.
        """
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(pipe, "rb")
        )

        async def hear() -> None:
            try:
                while said := await reader.read(65536):
                    self._said = (self._said + said)[-LAST_WORDS:]
            finally:
                transport.close()

        self._listening = tasks.start(hear(), "Hearing what a process says", LOG)

    def signal(self, number: int) -> None:
        """Send a signal to it and to what it has started, if it still runs."""
        self._asked |= number == signal.SIGKILL
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    async def wait(self) -> int:
        """Return its exit status when it has ended: negative for a signal."""
        status = await self._process.wait()
        if status == -signal.SIGKILL and not self._asked:
            self.why = MEMORY  # nobody else kills students' processes, but students
        # What it has started and left behind.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        return status

    @property
    def last_words(self) -> str:
        """The end of what it has said, on one line."""
        return repr(self._said.decode(errors="replace").strip())[1:-1]


async def launch(
    start: Start, base: Mapping[str, str], limits: Limits, homes: Path, terminal: int | None
) -> Launched:
    """Start a process as `student`.

    Args:
        start: what is asked for.
        base: the environment that all get.
        limits: what it may use.
        homes: where its home is made.
        terminal: of a terminal's, the descriptor that is its stdin, stdout and stderr.

    Raises:
        OSError: it can't be started.
    """
    user = pwd.getpwnam(STUDENT)
    home = Path(tempfile.mkdtemp(dir=homes, prefix=f"{start.kind.value}-"))
    # A pipe of our own: asyncio's would have us wait for whatever else holds its other end.
    ours, its = os.pipe() if terminal is None else (-1, os.dup(terminal))
    try:
        # What is kept is in the lab's files; from a home that ends it is one step away.
        (home / "lab").symlink_to("/home/classroom")
        os.chown(home, user.pw_uid, user.pw_gid)
        if terminal is not None:
            os.fchown(terminal, user.pw_uid, -1)  # so that what asks for its name may open it
        process = await asyncio.create_subprocess_exec(
            *(*command.prefix(start.kind, limits), *start.command),
            stdin=asyncio.subprocess.DEVNULL if terminal is None else its,
            stdout=its,
            stderr=its,
            env=command.environment(start, base, home),
            cwd=start.folder,
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
            umask=UMASK,
        )
    except BaseException:
        if ours >= 0:
            os.close(ours)
        await tidy(home)
        raise
    finally:
        os.close(its)
    launched = Launched(start, process, home)
    if ours >= 0:
        await launched.listen(ours)
    return launched


async def tidy(home: Path) -> None:
    """Remove a home: as its owner, so that nothing in it leads anywhere else."""
    user = pwd.getpwnam(STUDENT)
    process = await asyncio.create_subprocess_exec(
        *("find", str(home), "-mindepth", "1", "-delete"),
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        stderr=asyncio.subprocess.DEVNULL,
    )
    await process.wait()
    with contextlib.suppress(OSError):  # somebody fills it meanwhile: the next start clears it
        os.rmdir(home)  # noqa: PTH106 (no waiting worth a thread)


def clear(homes: Path) -> None:
    """Remove the homes that an earlier launcher has left."""
    for home in homes.iterdir():
        shutil.rmtree(home, ignore_errors=True)
