"""Run restic with a low priority, so that people do not notice it, and with a time limit."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Callable, Collection
    from pathlib import Path

RUN_SECONDS = 900
"""The time limit: a pipe that a student has put in a file's place could make it run without end."""
LOOK_SECONDS = 1.0
PIECE_BYTES = 1 << 16
INCOMPLETE = 3
"""restic's exit code for a snapshot without some files."""
POLITE = ("nice", "-n", "19", "ionice", "-c", "3")
# The system ends restic with this process, so that a new process is alone.
OURS = ("setpriv", "--pdeathsig", "KILL", "--")


class ResticError(Exception):
    """restic failed; the text is its own reason."""


class IncompleteError(ResticError):
    """restic has made a snapshot without some files, for example files deleted meanwhile."""

    def __init__(self, why: str, printed: bytes) -> None:
        """Keep restic's output.

        Args:
            why: restic's own reason.
            printed: the output about the snapshot.
        """
        super().__init__(why)
        self.printed = printed


def environment(scratch: Path) -> dict[str, str]:
    """Return restic's environment.

    Args:
        scratch: the folder for its temporary files, which nobody else can enter.
    """
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "GOMAXPROCS": "1",  # at most one core; the others are for the class
        "GOGC": "50",
    }


def reason(printed: bytes) -> str:
    """Find restic's own reason in its output, without control characters.

    Args:
        printed: lines of text, or of JSON if the command had that option.
    """
    line = (printed.decode(errors="replace").strip().splitlines() or ["no reason"])[-1]
    with contextlib.suppress(ValueError, KeyError, TypeError):
        line = str(json.loads(line)["message"])
    return "".join(letter for letter in line if letter.isprintable())


@contextlib.asynccontextmanager
async def started(
    command: Collection[str], scratch: Path, folder: Path, *, politely: bool = True
) -> AsyncIterator[Process]:
    """Start restic, and end it at the end of the context."""
    process = await asyncio.create_subprocess_exec(
        *OURS,
        *(POLITE if politely else ()),
        *command,
        cwd=folder,
        env=environment(scratch),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=PIECE_BYTES,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def run(
    command: Collection[str],
    scratch: Path,
    folder: Path,
    *,
    politely: bool = True,
    problem: Callable[[], str | None] = lambda: None,
) -> bytes:
    """Run restic to its end and return what it prints.

    Args:
        command: the result of `restic.command`.
        scratch: the folder for its temporary files.
        folder: the folder in which to start it.
        politely: whether it has the lowest priority.
        problem: called every second; if it returns a reason, restic is ended.

    Raises:
        IncompleteError: it has made a snapshot, but without some files.
        ResticError: it failed, or was ended.
    """
    async with started(command, scratch, folder, politely=politely) as process:
        talk = asyncio.create_task(process.communicate())
        end = asyncio.get_running_loop().time() + RUN_SECONDS
        try:
            while not (await asyncio.wait({talk}, timeout=LOOK_SECONDS))[0]:
                if asyncio.get_running_loop().time() > end:
                    raise ResticError(f"it took more than {RUN_SECONDS // 60} minutes")
                if trouble := problem():
                    raise ResticError(trouble)
            printed, said = talk.result()
        finally:
            talk.cancel()
    if process.returncode == INCOMPLETE:
        raise IncompleteError(reason(said), printed)
    if process.returncode:
        raise ResticError(reason(said))
    return printed


async def stream(command: Collection[str], scratch: Path, folder: Path) -> AsyncIterator[bytes]:
    """Run restic and yield what it prints, piece by piece; the first may be empty.

    Raises:
        ResticError: it failed; before the first piece if it failed at once.
    """
    async with started(command, scratch, folder, politely=False) as process:
        if process.stdout is None or process.stderr is None:
            raise ResticError("it has no output")
        said = asyncio.create_task(process.stderr.read())
        piece = await process.stdout.read(PIECE_BYTES)
        if not piece and await process.wait() != 0:
            raise ResticError(reason(await said))
        yield piece
        while piece := await process.stdout.read(PIECE_BYTES):
            yield piece
        if await process.wait() != 0:
            raise ResticError(reason(await said))
