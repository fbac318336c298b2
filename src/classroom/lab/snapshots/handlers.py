"""Answer a tutor's page about snapshots: the list, their contents, previews and restores."""

from __future__ import annotations

import json
import tarfile
from functools import wraps
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from anyio.to_thread import run_sync
from tornado import web

from classroom.lab.permissions.tutor_handler import TutorHandler
from classroom.lab.snapshots import preview
from classroom.lab.storage import threads
from classroom.runtime.ipc import client
from classroom.runtime.ipc.server import LocalHandler, SaidError
from classroom.runtime.paths import Paths
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from classroom.lab.snapshots.restore import RestoreService

SECONDS = 60
"""How long an answer may take."""
KEY = "classroom_restoring"
"""The key of the restore service in the application's settings; missing while the lab starts."""
NOT_YET = gettext_noop("The lab is starting: try again.")


def trouble(error: Exception) -> tuple[int, str]:
    """Describe an error between the lab and the snapshot service.

    Returns:
        An HTTP status, and a sentence.
    """
    if isinstance(error, client.ServiceRefusedError):
        return error.status, str(error)
    return HTTPStatus.SERVICE_UNAVAILABLE, gettext(
        "The snapshot service can't be reached: {error}."
    ).format(error=error)


TROUBLES = (client.ServiceRefusedError, OSError, HTTPException, tarfile.TarError)


def said(method: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None] | None]:
    """Wrap a method so that its errors are answered with a sentence."""

    @web.authenticated
    @wraps(method)
    async def guarded(self: SnapshotsHandler, *args: str) -> None:
        if self.settings.get(KEY) is None:
            raise web.HTTPError(HTTPStatus.SERVICE_UNAVAILABLE, gettext(NOT_YET))
        try:
            await method(self, *args)
        except TROUBLES as error:
            status, sentence = trouble(error)
            self.set_status(status)
            self.finish(json.dumps({"message": sentence}))

    return guarded


class SnapshotsHandler(TutorHandler):
    """The list of snapshots."""

    @property
    def restoring(self) -> RestoreService:
        """The restore service."""
        found: RestoreService = self.settings[KEY]
        return found

    async def ask(self, address: str, **query: str) -> Any:
        """Send the snapshot service a request."""
        socket = self.restoring.socket
        return await run_sync(lambda: client.ask(socket, address, query, seconds=SECONDS))

    @property
    def path(self) -> str:
        """The requested path."""
        return str(self.get_query_argument("path", "", strip=False))

    @said
    async def get(self) -> None:
        """List the snapshots, the newest first."""
        self.finish(json.dumps(await self.ask("/snapshots")))


class SnapshotTreeHandler(SnapshotsHandler):
    """A folder of a snapshot."""

    @said
    async def get(self, snapshot: str) -> None:
        """List a path: the entry itself, unless it is the root, and its contents."""
        self.finish(json.dumps(await self.ask(f"/snapshots/{snapshot}/tree", path=self.path)))


class PreviewHandler(SnapshotsHandler):
    """A file of a snapshot as text; the browser runs and loads nothing in it."""

    @property
    def content_security_policy(self) -> str:
        """Allow nothing; upstream sends `nosniff` with every answer."""
        return "default-src 'none'; frame-ancestors 'none'; sandbox"

    @said
    async def get(self, snapshot: str) -> None:
        """Answer with the preview."""
        socket, path = self.restoring.socket, self.path
        address = f"/snapshots/{snapshot}/file"

        def read() -> bytes:
            with client.open_stream(socket, address, {"path": path}, seconds=SECONDS) as stream:
                return stream.read(preview.MOST_BYTES + 1)

        files: Any = self.contents_manager
        async with files.turn():
            data = await run_sync(read)
            whole = len(data) <= preview.MOST_BYTES
            try:
                found = await threads.run_long(
                    preview.text,
                    data[: preview.MOST_BYTES],
                    whole=whole,
                    notebook=path.endswith(".ipynb"),
                )
            except preview.NoTextError:
                sentence = gettext("There is no preview, because this is not text.")
                raise client.ServiceRefusedError(
                    HTTPStatus.UNSUPPORTED_MEDIA_TYPE, sentence
                ) from None
        self.finish(found, set_content_type="text/plain; charset=UTF-8")


class RestoreHandler(SnapshotsHandler):
    """Restores from a snapshot."""

    @said
    async def post(self, snapshot: str) -> None:
        """Restore a file or folder, after a snapshot of what is there now."""
        body = self.get_json_body()
        path = body.get("path") if isinstance(body, dict) else None
        if not isinstance(path, str):
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, "Name a path.")
        report = await self.restoring.restore(snapshot, path, self.caller)
        self.finish(json.dumps(report.as_json()))


HANDLERS: tuple[tuple[str, type[web.RequestHandler]], ...] = (
    (r"classroom/api/snapshots", SnapshotsHandler),
    (r"classroom/api/snapshots/(\w+)/tree", SnapshotTreeHandler),
    (r"classroom/api/snapshots/(\w+)/preview", PreviewHandler),
    (r"classroom/api/snapshots/(\w+)/restore", RestoreHandler),
)


class RootsHandler(LocalHandler):
    """Restores for root in the container, who runs ``classroom restore``."""

    def initialize(self, restoring: RestoreService) -> None:
        """Use a restore service."""
        self.restoring = restoring

    async def post(self) -> None:
        """Restore a file or folder."""
        wanted = json.loads(self.request.body)
        lab = wanted.get("lab")
        source = None if lab is None else Paths().of_lab(int(lab)).snapshots_socket
        try:
            report = await self.restoring.restore(
                wanted["snapshot"], wanted["path"], "root", source
            )
        except TROUBLES as error:
            raise SaidError(*trouble(error)) from error
        self.finish(report.as_json())
