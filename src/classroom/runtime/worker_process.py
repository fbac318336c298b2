"""Start a worker (`classroom.runtime.worker`), send it a request, and end it with its children."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING

from classroom.runtime import words

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Mapping, Sequence

PIECE_BYTES = 1 << 18
KEPT = (
    *("PATH", "LANG", words.VARIABLE, "HOME", "TMPDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"),
    *("MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"),
)
"""Environment variables that a worker inherits."""


class TooLongError(Exception):
    """A worker's answer is too long."""


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return a worker's environment.

    Args:
        own: this process's environment.
    """
    return {name: own[name] for name in KEPT if name in own}


@contextlib.asynccontextmanager
async def started(program: Sequence[str], stdin: int | None = None) -> AsyncIterator[Process]:
    """Start a worker, and end it at the end of the context.

    Args:
        program: its command; this process's id is added, for `worker.confine`.
        stdin: the descriptor from which it reads; None for a pipe.
    """
    process = await asyncio.create_subprocess_exec(
        *program,
        str(os.getpid()),
        cwd=sys.prefix,  # owned by root: nbconvert looks for templates in the current folder
        env=environment(os.environ),
        stdin=asyncio.subprocess.PIPE if stdin is None else stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        limit=PIECE_BYTES,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def ask(process: Process, most: int, *request: bytes) -> bytes:
    """Send a worker a request, and return its answer.

    Args:
        process: the result of `started`.
        most: the limit of the answer in bytes.
        *request: the pieces of the request, which it reads from a pipe to the end.

    Raises:
        TooLongError: the answer is longer.
    """
    assert process.stdout is not None  # noqa: S101 (a pipe)
    if process.stdin is not None:
        with contextlib.suppress(ConnectionError):  # it has ended: its exit status says why
            for one in request:
                process.stdin.write(one)
                await process.stdin.drain()
        process.stdin.close()
    pieces, size = [], 0
    while piece := await process.stdout.read(PIECE_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise TooLongError
    await process.wait()
    return b"".join(pieces)
