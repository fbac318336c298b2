"""Export a notebook from the class's files, or one that a page sends.

Upstream's handlers convert in a thread of the lab server, where one notebook can block everybody.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import FilesRedirectHandler, JupyterHandler, path_regex
from jupyter_server.nbconvert.handlers import (
    NbconvertFileHandler,
    NbconvertPostHandler,
    date_format,
)
from tornado import web

from classroom.lab import services
from classroom.lab.connections.registry import name_of
from classroom.lab.exports import jobs
from classroom.lab.exports.converter import NotConvertedError
from classroom.lab.storage import threads
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from classroom.lab.exports.jobs import Exported

FORMAT = r"(?P<format>\w+)"
UNSTORED = "no-store, no-cache, must-revalidate, max-age=0"


class Exporting(JupyterHandler):
    """A request for an export; it is cancelled when the client disconnects."""

    _work: asyncio.Task[Exported | None] | None = None
    _gone = False

    async def answer(self, work: Coroutine[Any, Any, Exported | None]) -> Exported | None:
        """Do the work and return the export; None when there is nothing to send.

        Args:
            work: the coroutine that makes the export.

        Raises:
            HTTPError: the notebook can't be exported; the text says why.
        """
        self._work = asyncio.ensure_future(work)
        try:
            return await self._work
        except NotConvertedError as error:
            raise web.HTTPError(error.status, str(error)) from error
        except asyncio.CancelledError:
            if not self._gone:
                raise
            return None

    def on_connection_close(self) -> None:
        """Cancel the export: its client has disconnected."""
        super().on_connection_close()
        self._gone = True
        if self._work is not None:
            self._work.cancel()

    async def convert(
        self, to: str, body: bytes, *, sanitize: bool | None = None, **metadata: str
    ) -> Exported:
        """Convert a notebook; the caller has waited for this person's turn.

        Args:
            to: the exporter's name.
            body: the notebook's model, as JSON.
            sanitize: whether to make HTML harmless; None for the configured value.
            **metadata: the notebook's metadata, for templates.

        Raises:
            NotConvertedError: it can't be converted; the text says why.
        """
        head = {
            "format": to,
            "config": jobs.configured(self.config or {}),
            "config_dir": str(self.settings["config_dir"]),
            "metadata": metadata,
            "sanitize": sanitize,
        }
        return await jobs.convert(head, body)

    def send(self, exported: Exported) -> None:
        """Send an export with upstream's headers.

        Args:
            exported: the export; a zip gets the headers of a zip.
        """
        if exported.zipped:
            self.set_attachment_header(f"{exported.name}.zip")
            self.set_header("Content-Type", "application/zip")
            self.set_header("Cache-Control", UNSTORED)
        elif exported.mimetype:
            self.set_header("Content-Type", f"{exported.mimetype}; charset=utf-8")
        self.finish(bytes(exported.data))


class ExportFileHandler(Exporting, NbconvertFileHandler):
    """Export a notebook of the class's files."""

    @web.authenticated
    @authorized
    async def get(self, format: str, path: str) -> None:  # noqa: A002 (upstream's)
        """Get a notebook in another format.

        Args:
            format: the exporter's name.
            path: the notebook's path.

        Raises:
            HTTPError: the notebook can't be exported; the text says why.
        """
        self.check_xsrf_cookie()
        exported = await self.answer(self._export(format, path.strip("/")))
        if exported is None:
            return
        if not exported.zipped:
            if self.get_argument("download", "false").lower() == "true":
                self.set_attachment_header(exported.name + exported.extension)
            self.set_header("Cache-Control", UNSTORED)
        self.send(exported)

    async def _export(self, to: str, path: str) -> Exported | None:
        """Wait for the turn, then export the notebook; redirect to a file that isn't a notebook."""
        asked = self.get_argument("sanitize_html", None) if to == "html" else None
        sanitize = None if asked is None else asked.lower() == "true"
        async with services.of(self)[jobs.ExportQueue].turn(name_of(self)):
            model, body = await self._read(path)
            if model["type"] == "directory":
                raise web.HTTPError(
                    400, gettext("“{path}” is a folder, not a notebook.").format(path=path)
                )
            if model["type"] != "notebook":
                await FilesRedirectHandler.redirect_to_files(self, path)
                return None
            self.set_header("Last-Modified", model["last_modified"])
            modified = model["last_modified"].strftime(date_format)
            return await self.convert(to, body, sanitize=sanitize, modified_date=modified)

    async def _read(self, path: str) -> tuple[Any, bytes]:
        """Return a file's model, and the JSON that the converter reads."""
        files: Any = self.contents_manager
        async with files.packed(path) as found:
            if not isinstance(found, str):
                model, content = found
                name = json.dumps(model["name"])
                return model, b'{"name": %s, "content": %s}' % (name.encode(), bytes(content))
        model = await files.get(path=path)
        sent = {"name": model["name"], "content": model["content"]}
        try:
            # Only notebooks are converted.
            body = await threads.run(json.dumps, sent) if model["type"] == "notebook" else ""
        except (RecursionError, ValueError) as error:
            words = gettext(jobs.FAILED)
            raise NotConvertedError(HTTPStatus.UNPROCESSABLE_ENTITY, words) from error
        return model, body.encode()


class ExportHandler(Exporting, NbconvertPostHandler):
    """Export a notebook that a page sends."""

    @web.authenticated
    @authorized
    async def post(self, format: str) -> None:  # noqa: A002 (upstream's)
        """Convert the notebook in the request's body.

        Args:
            format: the exporter's name.

        Raises:
            HTTPError: the notebook can't be exported; the text says why.
        """
        exported = await self.answer(self._export(format))
        if exported is not None:
            self.send(exported)

    async def _export(self, to: str) -> Exported:
        async with services.of(self)[jobs.ExportQueue].turn(name_of(self)):
            return await self.convert(to, bytes(self.request.body))


HANDLERS = (
    (rf"nbconvert/{FORMAT}", ExportHandler),
    (rf"nbconvert/{FORMAT}{path_regex}", ExportFileHandler),
)
