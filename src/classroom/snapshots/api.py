"""The snapshot service's answers, only for the lab server and root."""

from __future__ import annotations

import contextlib
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tornado.escape import json_decode

from classroom.runtime.ipc.server import LocalHandler, SaidError
from classroom.runtime.words import gettext
from classroom.snapshots.records import Why
from classroom.snapshots.repository import DiskFullError, UnknownError
from classroom.snapshots.runner import ResticError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classroom.snapshots.repository import Repository


def normal(path: str) -> str:
    """Return restic's form of a path.

    Args:
        path: the path of a file or folder of the class, with or without a slash before it.

    Raises:
        SaidError: the path leads out of the class's files.
    """
    parts = [part for part in PurePosixPath("/", path).parts[1:] if part != "."]
    if ".." in parts or "\0" in path:
        raise SaidError(HTTPStatus.BAD_REQUEST, f"{path!r} is no path of the class's files.")
    return f"/{'/'.join(parts)}"


@contextlib.contextmanager
def said() -> Iterator[None]:
    """Turn errors into answers."""
    try:
        yield
    except UnknownError as error:
        raise SaidError(
            HTTPStatus.NOT_FOUND, gettext("Not found: {why}.").format(why=error)
        ) from None
    except DiskFullError as error:
        sentence = gettext("No snapshot: {why}.").format(why=error)
        raise SaidError(HTTPStatus.INSUFFICIENT_STORAGE, sentence) from None
    except (ResticError, OSError) as error:
        sentence = gettext("Snapshots can't be used: {why}.").format(why=error)
        raise SaidError(HTTPStatus.SERVICE_UNAVAILABLE, sentence) from error


class Handler(LocalHandler):
    """Answers about one repository."""

    def initialize(self, repository: Repository) -> None:
        """Remember the repository.

        Args:
            repository: the repository of the snapshots.
        """
        self.repository = repository

    @property
    def path(self) -> str:
        """The requested path."""
        return normal(self.get_query_argument("path", "", strip=False))


class SnapshotsLivenessHandler(LocalHandler):
    """The supervisor's check that this process answers."""

    def get(self) -> None:
        """Answer."""
        self.finish({})


class ListHandler(Handler):
    """All snapshots."""

    async def get(self) -> None:
        """List them, the newest first."""
        with said():
            found = await self.repository.all()
        self.finish({"snapshots": [one.as_json() for one in found]})

    async def post(self) -> None:
        """Make one now, if a file has changed, and answer with the newest one."""
        wanted: Any = json_decode(self.request.body)
        with said():
            made = await self.repository.take(Why(wanted["why"]), politely=False)
            newest = (await self.repository.all())[:1]
        self.finish({"made": made is not None, "newest": newest[0].as_json() if newest else None})


class TreeHandler(Handler):
    """The files and folders of a snapshot."""

    async def get(self, snapshot: str) -> None:
        """List a folder, or all files and folders below it."""
        deep = self.get_query_argument("deep", "") == "yes"
        with said():
            found = await self.repository.look(snapshot, self.path, deep=deep)
        self.finish({"entries": [one.as_json() for one in found]})


class ContentHandler(Handler):
    """The content of a snapshot's file or folder."""

    async def get(self, snapshot: str, kind: str) -> None:
        """Send it; if it can't be read to its end, the answer breaks off."""
        self.set_header("Content-Type", "application/octet-stream")
        with said():
            pieces = self.repository.read(snapshot, self.path, archive=kind == "archive")
            async with contextlib.aclosing(pieces) as open_pieces:
                async for piece in open_pieces:
                    self.write(piece)
                    # Not faster than the client reads it.
                    await self.flush()


ALIVE: Any = (r"/alive", SnapshotsLivenessHandler)


def handlers(repository: Repository) -> list[Any]:
    """List the handlers with their addresses."""
    known = {"repository": repository}
    return [
        ALIVE,
        (r"/snapshots", ListHandler, known),
        (r"/snapshots/(\w+)/tree", TreeHandler, known),
        (r"/snapshots/(\w+)/(file|archive)", ContentHandler, known),
    ]
