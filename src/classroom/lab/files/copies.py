"""Save text that can't be in a document's file in copies beside it: typed, or by a program.

Each copy has a name of its own, and one incident makes one copy of a kind.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from http import HTTPStatus
from itertools import count
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tornado.web import HTTPError

from classroom.lab.merging import outcome
from classroom.lab.storage import threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from classroom.lab.merging.outcome import Content

Model = dict[str, Any]
TYPED, WRITTEN = "typed until", "as a program wrote it"
"""Words in the name of a copy that say what it contains."""
LONGEST_NAME_BYTES = 255 - len("-checkpoint")
"""Most bytes of a copy's name, so that its checkpoint's name still fits."""
TRIES = 100
"""How many names to try for one copy."""
INCIDENT_SECONDS = 60.0
"""Changes by programs that follow each other within this many seconds are one incident."""


def names(path: str, what: str, now: float) -> Iterator[str]:
    """Generate names for a copy beside a file; the caller uses the first that is free.

    Args:
        path: the file's path.
        what: what the copy contains.
        now: seconds since the epoch.
    """
    where = PurePosixPath(path)
    stamp = time.strftime("%Y-%m-%d %H.%M.%S", time.localtime(now))
    for number in count(1):
        more = f" {number}" if number > 1 else ""
        end = f" ({what} {stamp}){more}{where.suffix}"
        stem = where.stem.encode(errors="surrogateescape")[: LONGEST_NAME_BYTES - len(end.encode())]
        yield str(where.with_name(f"{stem.decode(errors='ignore')}{end}"))


async def save_beside(contents: Any, model: Model, path: str, what: str) -> str:
    """Save a copy beside a file under a free name; return its path.

    Args:
        contents: the class's contents manager.
        model: the content to save, as a model of the contents manager.
        path: the file's path.
        what: what the copy contains.

    Raises:
        HTTPError: it can't be saved.
    """
    save = getattr(contents, "save_new", contents.save)  # upstream's replaces what is there
    for left, name in zip(reversed(range(TRIES)), names(path, what, time.time()), strict=False):
        try:
            await save(model, name)
        except HTTPError as error:
            if error.status_code != HTTPStatus.CONFLICT or not left:
                raise
        else:
            return name
    raise AssertionError


@dataclass
class _Copy:
    """A copy that may still grow.

    Attributes:
        path: the copy's path.
        content: the copy's content.
        since: the document's content after the copy had been made.
        when: when the copy was made or grew, in seconds of the clock.
    """

    path: str
    content: Content
    since: Content
    when: float


class Copies:
    """The copies of one document. For one event loop."""

    def __init__(
        self,
        contents: Any,
        model_of: Callable[[Content], Model],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start without copies.

        Args:
            contents: the class's contents manager.
            model_of: makes the contents manager's model of a content.
            clock: returns seconds.
        """
        self._contents, self._model_of, self._clock = contents, model_of, clock
        self._last: dict[str, _Copy] = {}
        self._mirror: str | None = None

    async def keep(self, content: Content, since: Content, path: str, what: str) -> str:
        """Save content in a copy; within one incident use the same copy, if it can be merged.

        Args:
            content: the content to keep.
            since: the document's content afterwards.
            path: path of the document's file.
            what: `TYPED` or `WRITTEN`.

        Returns:
            The copy's path.

        Raises:
            HTTPError: it can't be saved.
        """
        now, last = self._clock(), self._last.get(what)
        if last is not None and now - last.when < INCIDENT_SECONDS:
            grown: Content | None = content
            if what == TYPED:
                grown = await threads.run(outcome.added, last.content, last.since, content)
            if grown is not None:
                if await self._grow(grown, last.path):
                    self._last[what] = _Copy(last.path, grown, since, now)
                    return last.path
                content = grown
        made = await save_beside(self._contents, self._model_of(content), path, what)
        self._last[what] = _Copy(made, content, since, now)
        return made

    async def mirror(self, content: Content, path: str) -> tuple[str, bool]:
        """Save a document whose file is gone beside the old path, always in the same copy.

        Args:
            content: the document's content.
            path: path of the file that it had.

        Returns:
            The copy's path, and whether it is new.

        Raises:
            HTTPError: it can't be saved.
        """
        if self._mirror is not None and await self._grow(content, self._mirror):
            return self._mirror, False
        if not await self._contents.dir_exists(str(PurePosixPath(path).parent)):
            path = PurePosixPath(path).name  # the folder is gone as well
        self._mirror = await save_beside(self._contents, self._model_of(content), path, TYPED)
        return self._mirror, True

    async def _grow(self, content: Content, path: str) -> bool:
        """Save new content in a copy; return False if its folder is gone: programs move folders.

        Raises:
            HTTPError: it can't be saved for another reason.
        """
        try:
            await self._contents.save(self._model_of(content), path)
        except HTTPError as error:
            if error.status_code != HTTPStatus.NOT_FOUND:
                raise
            return False
        return True

    def end_mirror(self) -> None:
        """Start a new copy the next time that the file is gone."""
        self._mirror = None
