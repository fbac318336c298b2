"""Convert notebooks, each in a process of its own (`classroom.lab.exports.converter`).

Two are converted at a time, and one for each person; the others wait for their turn. A process is
ended when it takes too long, or when its client has disconnected.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from classroom.lab.exports.converter import NotConvertedError
from classroom.runtime.words import gettext, gettext_noop
from classroom.runtime.worker import MB, framed, parted
from classroom.runtime.worker_process import TooLongError, ask, started

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

PROGRAM = (sys.executable, "-I", "-m", "classroom.lab.exports.converter")
TOGETHER = 2
EACH = 4
"""How many exports one person may have at a time, waiting ones included."""
SECONDS = 60.0
MOST_BYTES = 100 * MB
"""How large an exported notebook may be."""
CONFIGURED = ("Exporter", "Preprocessor")
"""Suffixes of the names of classes whose configuration nbconvert uses."""
PLAIN = (str, int, float, list, dict, type(None))
SLOW = gettext_noop("This notebook takes too long to export.")
LONG = gettext_noop("The exported notebook has more than {most} MB: clear its outputs first.")
FAILED = gettext_noop("This notebook can't be exported.")
MANY = gettext_noop("You have {most} exports under way: wait until one of them is done.")


@dataclass(frozen=True)
class Exported:
    """An exported notebook.

    Attributes:
        name: the notebook's name, without its extension.
        extension: the file's extension, with its dot.
        mimetype: nbconvert's MIME type of the file; it may be "".
        zipped: whether it is a zip, because there is more than one file.
        data: the file's content.
    """

    name: str
    extension: str
    mimetype: str
    zipped: bool
    data: memoryview[int]


def configured(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Pick only the configuration of exporters from the server's configuration.

    Args:
        config: the server's configuration, by class.
    """
    return {
        name: {trait: value for trait, value in traits.items() if isinstance(value, PLAIN)}
        for name, traits in config.items()
        if name.endswith(CONFIGURED)
    }


def read(answer: bytes, status: int | None) -> Exported:
    """Read the answer of the converter process.

    Args:
        answer: the whole answer.
        status: the process's exit status; negative for a signal.

    Raises:
        NotConvertedError: there is no file; the text says why.
    """
    if status in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise NotConvertedError(HTTPStatus.UNPROCESSABLE_ENTITY, gettext(SLOW))
    try:
        head, data = parted(answer)
        if head["status"] != HTTPStatus.OK:
            raise NotConvertedError(int(head["status"]), str(head["text"]))
        name, extension, mimetype = (str(head[key]) for key in ("name", "extension", "mimetype"))
        return Exported(name, extension, mimetype, bool(head["zipped"]), data)
    except (ValueError, KeyError, TypeError) as error:
        raise NotConvertedError(HTTPStatus.UNPROCESSABLE_ENTITY, gettext(FAILED)) from error


class ExportQueue:
    """The queue of exports. Use it on one event loop only; it isn't thread-safe."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(TOGETHER)
        self._own: dict[str, asyncio.Lock] = {}
        self._asked: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait for the person's turn, and hold it.

        Args:
            name: the person's name.

        Raises:
            NotConvertedError: 429, too many exports of this person are under way.
        """
        if self._asked[name] >= EACH:
            raise NotConvertedError(HTTPStatus.TOO_MANY_REQUESTS, gettext(MANY).format(most=EACH))
        self._asked[name] += 1
        try:
            # The person's own lock first: an export that waits for it takes no shared place.
            async with self._own.setdefault(name, asyncio.Lock()), self._places:
                yield
        finally:
            self._asked[name] -= 1
            if not self._asked[name]:
                del self._asked[name], self._own[name]


async def convert(head: dict[str, Any], body: bytes) -> Exported:
    """Convert one notebook in a process of its own, without waiting for a turn.

    Args:
        head: see `converter.convert`.
        body: the notebook's model, as JSON.

    Raises:
        NotConvertedError: it can't be converted; the text says why.
    """
    try:
        async with asyncio.timeout(SECONDS), started(PROGRAM) as process:
            answer = await ask(process, MOST_BYTES, framed(head, body))
    except TooLongError as error:
        raise NotConvertedError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, gettext(LONG).format(most=MOST_BYTES // MB)
        ) from error
    except TimeoutError as error:
        raise NotConvertedError(HTTPStatus.UNPROCESSABLE_ENTITY, gettext(SLOW)) from error
    return read(answer, process.returncode)
