"""Read or write a large file's content in a separate process (`file_worker`)."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from tornado import web

from classroom.lab.files.document_encoding import parts
from classroom.lab.files.size_limits import too_many
from classroom.runtime.turns import Turns
from classroom.runtime.words import gettext, gettext_noop
from classroom.runtime.worker import MB, parted
from classroom.runtime.worker_process import TooLongError, ask, started

PROGRAM = (sys.executable, "-I", "-m", "classroom.lab.files.file_worker")
LARGE_BYTES = MB // 4
"""Bytes of a file or request above which a separate process may read it."""
SIMPLE = 20_000
"""Most values in JSON of at most `LONG_BYTES` that the event loop can parse without delay."""
LONG_BYTES = 4 * MB
SECONDS = 120.0
SLACK_BYTES = MB
"""Most bytes of a worker's answer besides the content."""
LONGEST_FILE_BYTES = 128 * MB
"""Most bytes of a file made from a request: a notebook has a line for each number."""
LARGEST_CLEARED_BYTES = 192 * MB
"""Most bytes of a notebook to clear the outputs of: reading it takes several times the memory."""
TOGETHER, EACH, ASKED = 2, 2, 30
"""Most large files that are read or written at the same time: by all people, by one person, and by
one person including those that wait. Saving open documents doesn't wait for a turn."""
MANY = gettext_noop(
    "You are opening or saving too many large files at once: wait until one of them is done."
)
SLOW = gettext_noop("{name} takes too long to be read: clear its outputs, or split it.")
WIDE = gettext_noop("{name} would have too many bytes: clear its outputs, or split it.")
FAILED = gettext_noop("{name} can't be read.")


@dataclass(frozen=True)
class FileAnswer:
    """A worker's result for a file or a request.

    Attributes:
        told: the worker's description of the file (`file_worker.read` and `write`).
        data: the content as JSON, or the bytes of a file.
    """

    told: dict[str, Any]
    data: memoryview[int]


def is_heavy(body: bytes) -> bool:
    """Say whether parsing a request's JSON would delay everybody.

    Args:
        body: the whole body. A piece of an upload is one text of 1.4 MB.
    """
    if len(body) <= LARGE_BYTES:
        return False
    return len(body) > LONG_BYTES or sum(map(body.count, (b"[", b"{", b","))) > SIMPLE


def read_answer(answer: bytes, status: int | None, path: str) -> FileAnswer:
    """Parse a worker's answer.

    Args:
        answer: the whole answer.
        status: the worker's exit status, negative for a signal.
        path: the file's path.

    Raises:
        HTTPError: the worker has failed; the message says why.
    """
    name = path.rpartition("/")[2]
    if status in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise web.HTTPError(422, gettext(SLOW).format(name=name))
    try:
        told, data = parted(answer)
        code = int(told["status"])
    except (ValueError, KeyError, TypeError) as error:
        raise web.HTTPError(422, gettext(FAILED).format(name=name)) from error
    if code != HTTPStatus.OK:
        raise web.HTTPError(code, str(told["text"]), reason=told.get("reason"))
    return FileAnswer(told, data)


class FileProcesses:
    """Reads and writes the large files of one lab. For one event loop."""

    def __init__(self) -> None:
        self.turns = Turns(TOGETHER, EACH, ASKED)

    async def read(self, descriptor: int, answer: int, **request: Any) -> FileAnswer:
        """Read a file when a process may start; the caller must hold the person's turn.

        Args:
            descriptor: the file's descriptor; reading begins at its current position.
            answer: most bytes of the content.
            **request: the request's other keys (`file_worker.read`).

        Raises:
            HTTPError: the file can't be read.
        """
        asked = {"do": "read", "answer": answer, **request}
        return await self._asked(asked, answer + SLACK_BYTES, descriptor)

    async def clear(self, descriptor: int, path: str) -> FileAnswer:
        """Read a notebook without its outputs, even if it is too large to open; else as `read`.

        Args:
            descriptor: the file's descriptor; reading begins at its current position.
            path: its path.

        Raises:
            HTTPError: the file can't be read.
        """
        request = {"do": "clear", "path": path, "most": LARGEST_CLEARED_BYTES}
        return await self._asked(request, LONGEST_FILE_BYTES, descriptor)

    async def write(self, body: bytes, path: str) -> FileAnswer:
        """Make a file's bytes from a page's request, when a process may start; as `read`.

        Args:
            body: the JSON body.
            path: the path to save to.

        Raises:
            HTTPError: it can't be saved.
        """
        if why := too_many(path, parts(body)):
            raise web.HTTPError(413, why)
        request = {"do": "write", "path": path, "most": len(body)}
        return await self._asked(request, LONGEST_FILE_BYTES + SLACK_BYTES, None, body)

    async def _asked(
        self, request: dict[str, Any], most: int, stdin: int | None, *body: bytes
    ) -> FileAnswer:
        path = request["path"]
        program = (*PROGRAM, json.dumps(request))
        try:
            async with (
                self.turns.place(),
                asyncio.timeout(SECONDS),
                started(program, stdin) as process,
            ):
                answer = await ask(process, most, *body)
        except TooLongError as error:
            raise web.HTTPError(413, gettext(WIDE).format(name=path.rpartition("/")[2])) from error
        except TimeoutError as error:
            raise web.HTTPError(422, gettext(SLOW).format(name=path.rpartition("/")[2])) from error
        return read_answer(answer, process.returncode, path)
