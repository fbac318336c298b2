"""Have notebooks converted, each in a process of its own (`classroom.lab.exports.converter`).

Two at a time and one of each person's: the others wait for their turn. A process that takes too
long is ended, and so is one for which nobody waits any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from classroom.lab.exports.converter import MB, NotConvertedError, framed, parted

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Mapping

PROGRAM = (sys.executable, "-I", "-m", "classroom.lab.exports.converter")
TOGETHER = 2
EACH = 4
"""Of one person's, those that wait included."""
SECONDS = 60.0
MOST = 100 * MB
"""Bytes of an exported notebook."""
PIECE = 1 << 18
KEPT = (
    *("PATH", "LANG", "HOME", "TMPDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"),
    *("MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"),
)
"""What the process has of the lab server's environment."""
CONFIGURED = ("Exporter", "Preprocessor")
"""Ends of the names of classes whose configuration nbconvert goes by."""
PLAIN = (str, int, float, list, dict, type(None))
SLOW = "This notebook takes too long to export."
LONG = f"What this notebook is exported to has more than {MOST // MB} MB: clear its outputs first."
FAILED = "This notebook can't be exported."
MANY = f"You have {EACH} exports under way: wait until one of them is done."


@dataclass(frozen=True)
class Exported:
    """An exported notebook.

    Attributes:
        name: the notebook's, without an ending.
        extension: the file's, with its dot.
        mimetype: as nbconvert says; it may be "".
        zipped: whether it is a zip, as there is more than one file.
        data: what is in it.
    """

    name: str
    extension: str
    mimetype: str
    zipped: bool
    data: memoryview[int]


def configured(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Pick the server's configuration of exporters, and nothing else of it.

    Args:
        config: the server's, by class.
    """
    return {
        name: {trait: value for trait, value in traits.items() if isinstance(value, PLAIN)}
        for name, traits in config.items()
        if name.endswith(CONFIGURED)
    }


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Choose the environment of a process that converts.

    Args:
        own: the lab server's environment.
    """
    return {name: own[name] for name in KEPT if name in own}


def read(answer: bytes, status: int | None) -> Exported:
    """Read what the process has answered.

    Args:
        answer: all of it.
        status: its exit status, negative for a signal.

    Raises:
        NotConvertedError: there is no file, and why.
    """
    if status in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise NotConvertedError(HTTPStatus.UNPROCESSABLE_ENTITY, SLOW)
    try:
        head, data = parted(answer)
        if head["status"] != HTTPStatus.OK:
            raise NotConvertedError(int(head["status"]), str(head["text"]))
        name, extension, mimetype = (str(head[key]) for key in ("name", "extension", "mimetype"))
        return Exported(name, extension, mimetype, bool(head["zipped"]), data)
    except (ValueError, KeyError, TypeError) as error:
        raise NotConvertedError(HTTPStatus.UNPROCESSABLE_ENTITY, FAILED) from error


class ExportQueue:
    """Who may have a notebook converted now. One event loop's: nothing here is for threads."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._places = asyncio.Semaphore(TOGETHER)
        self._own: dict[str, asyncio.Lock] = {}
        self._asked: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait for one's turn, and have it.

        Args:
            name: the person's.

        Raises:
            NotConvertedError: 429, too many of theirs wait already.
        """
        if self._asked[name] >= EACH:
            raise NotConvertedError(HTTPStatus.TOO_MANY_REQUESTS, MANY)
        self._asked[name] += 1
        try:
            # Their own first: what waits for that takes nobody's place.
            async with self._own.setdefault(name, asyncio.Lock()), self._places:
                yield
        finally:
            self._asked[name] -= 1
            if not self._asked[name]:
                del self._asked[name], self._own[name]


@contextlib.asynccontextmanager
async def _started() -> AsyncIterator[Process]:
    """Start a process that converts, and end it with all that it has started."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        str(os.getpid()),
        cwd=sys.prefix,  # root's: nbconvert looks for templates where it is
        env=environment(os.environ),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        limit=PIECE,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _ask(process: Process, request: bytes) -> bytes:
    """Send a request and read the answer."""
    assert process.stdin is not None  # noqa: S101 (made with pipes)
    assert process.stdout is not None  # noqa: S101
    with contextlib.suppress(ConnectionError):  # it has ended: its exit status says why
        process.stdin.write(request)
        await process.stdin.drain()
    process.stdin.close()
    pieces, size = [], 0
    while piece := await process.stdout.read(PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > MOST:
            raise NotConvertedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, LONG)
    await process.wait()
    return b"".join(pieces)


async def convert(head: dict[str, Any], body: bytes) -> Exported:
    """Have one notebook converted, now.

    Args:
        head: as of `converter.convert`.
        body: the notebook's model, as JSON.

    Raises:
        NotConvertedError: it isn't, and why.
    """
    try:
        async with asyncio.timeout(SECONDS), _started() as process:
            answer = await _ask(process, framed(head, body))
    except TimeoutError as error:
        raise NotConvertedError(HTTPStatus.UNPROCESSABLE_ENTITY, SLOW) from error
    return read(answer, process.returncode)
