"""Run restic so that a class that types doesn't notice, and that nothing makes it run for ever."""

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
"""After so long it is ended: a pipe that was put in a file's place is never read to its end."""
LOOK_SECONDS = 1.0
PIECE_BYTES = 1 << 16
INCOMPLETE = 3
"""restic's exit code for a snapshot without some files."""
POLITE = ("nice", "-n", "19", "ionice", "-c", "3")
# The kernel ends it with us: a second one would be told that nobody else is there.
OURS = ("setpriv", "--pdeathsig", "KILL", "--")


class ResticError(Exception):
    """restic couldn't do it; the text is its own reason."""


class IncompleteError(ResticError):
    """restic made a snapshot without some files, as when they went while it read."""

    def __init__(self, why: str, printed: bytes) -> None:
        """Keep what it has printed.

        Args:
            why: its own reason.
            printed: of the snapshot.
        """
        super().__init__(why)
        self.printed = printed


def environment(scratch: Path) -> dict[str, str]:
    """Return all that restic is told besides its arguments.

    Args:
        scratch: folder for its temporary files, which nobody else can enter.
    """
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "GOMAXPROCS": "1",  # one core at most, and the other is the class's
        "GOGC": "50",
    }


def reason(printed: bytes) -> str:
    """Pick restic's own reason of what it has printed, without what a terminal would obey.

    Args:
        printed: lines of text, or of JSON where it was asked for that.
    """
    line = (printed.decode(errors="replace").strip().splitlines() or ["no reason"])[-1]
    with contextlib.suppress(ValueError, KeyError, TypeError):
        line = str(json.loads(line)["message"])
    return "".join(letter for letter in line if letter.isprintable())


@contextlib.asynccontextmanager
async def started(
    command: Collection[str], scratch: Path, folder: Path, *, politely: bool = True
) -> AsyncIterator[Process]:
    """Start restic, and end it whatever happens here."""
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
        command: of `restic.command`.
        scratch: for its temporary files.
        folder: where to start it.
        politely: whether everybody else comes first.
        problem: asked every second; a reason ends it.

    Raises:
        IncompleteError: it made a snapshot, but without some files.
        ResticError: it couldn't do it, or was ended.
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
        ResticError: it couldn't do it; before the first piece if it was refused at once.
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
