"""Read or write a large file's content in a process of its own (`file_worker`)."""

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
"""Bytes of a file or request from which a process of its own reads it."""
SIMPLE = 20_000
"""Values in JSON that are read in no time, while they are not more than `LONG_BYTES`."""
LONG_BYTES = 4 * MB
SECONDS = 120.0
SLACK_BYTES = MB
"""Bytes of an answer beside the content."""
LONGEST_FILE_BYTES = 128 * MB
"""Bytes of a file that is made from a request: a notebook has each number in a line."""
LARGEST_CLEARED_BYTES = 192 * MB
"""Bytes of a notebook whose outputs are cleared: reading it takes some times as much memory."""
TOGETHER, EACH, ASKED = 2, 2, 30
"""Large files that are read or written at a time, by all and by each person, and with those that
wait. Saving open documents does not wait for a turn."""
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
        told: of it, as `file_worker` says.
        data: the content as JSON; or the bytes for a file.
    """

    told: dict[str, Any]
    data: memoryview[int]


def is_heavy(body: bytes) -> bool:
    """Say whether parsing a request's JSON would delay everybody.

    Args:
        body: all of it. A piece of an upload is 1.4 MB, in one text.
    """
    if len(body) <= LARGE_BYTES:
        return False
    return len(body) > LONG_BYTES or sum(map(body.count, (b"[", b"{", b","))) > SIMPLE


def read_answer(answer: bytes, status: int | None, path: str) -> FileAnswer:
    """Parse a worker's answer.

    Args:
        answer: all of it.
        status: its exit status, negative for a signal.
        path: of the file.

    Raises:
        HTTPError: nothing is read, and why.
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
    """Reads and writes the large files of one lab. One event loop's."""

    def __init__(self) -> None:
        self.turns = Turns(TOGETHER, EACH, ASKED)

    async def read(self, descriptor: int, answer: int, **request: Any) -> FileAnswer:
        """Read a file when there is a place; to be awaited in a turn of one's own.

        Args:
            descriptor: of the file, which is read from where it is.
            answer: bytes that the content may have.
            **request: as of `file_worker.read`.

        Raises:
            HTTPError: it can't be read.
        """
        asked = {"do": "read", "answer": answer, **request}
        return await self._asked(asked, answer + SLACK_BYTES, descriptor)

    async def clear(self, descriptor: int, path: str) -> FileAnswer:
        """Read a notebook that may be too large to be opened, without its outputs; as `read`.

        Args:
            descriptor: of the file, which is read from where it is.
            path: its path.

        Raises:
            HTTPError: it can't be read.
        """
        request = {"do": "clear", "path": path, "most": LARGEST_CLEARED_BYTES}
        return await self._asked(request, LONGEST_FILE_BYTES, descriptor)

    async def write(self, body: bytes, path: str) -> FileAnswer:
        """Make a file's bytes of what a page sends, when there is a place; as `read`.

        Args:
            body: of JSON.
            path: where it is to be saved.

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
