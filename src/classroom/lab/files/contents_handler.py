"""Answer requests for the class's files as upstream does, but send large files in pieces.

Upstream reads and writes all JSON on the event loop, which delays everybody's keystrokes.
"""

from __future__ import annotations

import asyncio
import json
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jupyter_client.jsonutil import json_default
from jupyter_server.base.handlers import path_regex
from jupyter_server.services.contents import handlers as upstream
from jupyter_server.services.contents.handlers import validate_model
from jupyter_server.utils import ensure_async
from tornado import web
from tornado.iostream import StreamClosedError

from classroom.lab.files import file_process
from classroom.lab.files.contents_reader import ReadFiles
from classroom.lab.files.file_worker import notebook_of
from classroom.lab.files.http_errors import GONE, HIDDEN, NO_FOLDER, NO_TEXT, ROOT
from classroom.lab.storage import threads
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from classroom.lab.files.models import Model

PIECE_BYTES = 1 << 18
TEXTS = ("path", "type", "ext", "copy_from", "format")
"""Keys of a request whose values must be texts."""
ORDER_BYTES = 64 * 1024
"""Most bytes of a request that contains no file."""


class ContentsHandler(upstream.ContentsHandler):
    """Upstream's handler, which never delays other people."""

    _reading: asyncio.Task[None] | None = None
    _model: Model | None = None
    _gone = False

    async def get(self, path: str = "") -> None:
        """Answer with a file or folder; stop reading if the page has disconnected.

        Raises:
            HTTPError: as in upstream.
        """
        await self._while_here(self._get(path))

    async def _while_here(self, work: Coroutine[Any, Any, None]) -> None:
        self._reading = asyncio.ensure_future(work)
        try:
            await self._reading
        except asyncio.CancelledError:
            if not self._gone:
                raise
        finally:
            self._reading = None  # its context refers to this handler: neither would be freed

    def on_connection_close(self) -> None:
        """Stop reading for the disconnected page; a save continues."""
        super().on_connection_close()
        self._gone = True
        if self._reading is not None:
            self._reading.cancel()

    async def _get(self, path: str) -> None:
        files: Any = self.contents_manager
        self._check_shown(path)
        asks = self.get_query_argument("content", default="1") == "1"
        if self.current_user is None or not asks or not isinstance(files, ReadFiles):
            await self._as_upstream(super().get(path))
            return
        kind, form = (self.get_query_argument(name, default=None) for name in ("type", "format"))
        if kind not in {None, "directory", "file", "notebook"}:
            kind = "file"
        if form not in {None, "text", "base64"}:
            await self._as_upstream(super().get(path))  # upstream rejects it
            return
        async with files.packed(path, kind, form) as found:
            if not isinstance(found, str):
                await self._send(*found)
                return
        if found == "directory" and self.get_query_argument("hash", default="0") == "0":
            changed, listed = await files.listings.get(path.strip("/"), partial(self._list, path))
            self.set_header("Last-Modified", changed)
            self.finish(listed)
            return
        await self._as_upstream(super().get(path))

    async def _list(self, path: str) -> tuple[Any, bytes]:
        """List a folder through the contents manager, which a package may have extended."""
        files: Any = self.contents_manager
        model = await ensure_async(files.get(path, content=True, type="directory"))
        validate_model(model, expect_content=True)

        def encode() -> bytes:
            return json.dumps(model, default=json_default).encode()

        return model["last_modified"], await threads.run(encode)

    @staticmethod
    async def _as_upstream(answering: Any) -> None:
        """Await upstream's method, whose types are incomplete."""
        await answering

    def _check_shown(self, *paths: str) -> None:
        """Reject hidden paths with our sentence; upstream's answer is another, or isn't JSON.

        Raises:
            HTTPError: 404 if a path is hidden.
        """
        files: Any = self.contents_manager
        for path in () if files.allow_hidden else paths:
            if any(name.startswith(".") and name.strip(".") for name in path.split("/")):
                raise web.HTTPError(404, gettext(HIDDEN).format(path=path.strip("/")))

    async def _finish_error(self, code: int, message: str) -> None:
        """Answer with JSON, as for any error; upstream's answer isn't JSON, so no page shows it.

        Raises:
            HTTPError: always.
        """
        del message
        path = str(self.path_kwargs.get("path") or "")
        raise web.HTTPError(code, gettext(GONE).format(path=path.strip("/")))

    async def post(self, path: str = "") -> None:
        """Make or copy something in a folder.

        Raises:
            HTTPError: as in upstream; 404 if there is no such folder.
        """
        files: Any = self.contents_manager
        asked = self.get_json_body() or {}
        self._check_shown(path, asked.get("copy_from") or "")
        folder = path.strip("/")
        if folder and self.current_user is not None and not await files.dir_exists(folder):
            if await files.file_exists(folder):
                raise web.HTTPError(
                    400, gettext("“{folder}” is a file, not a folder.").format(folder=folder)
                )
            raise web.HTTPError(404, gettext(NO_FOLDER).format(folder=folder))
        await self._as_upstream(super().post(path))

    async def patch(self, path: str = "") -> None:
        """Rename or move something.

        Raises:
            HTTPError: as in upstream.
        """
        self._check_shown(path, (self.get_json_body() or {}).get("path") or "")
        await self._as_upstream(super().patch(path))

    async def delete(self, path: str = "") -> None:
        """Put something into the trash.

        Raises:
            HTTPError: as in upstream.
        """
        self._check_shown(path)
        if not path.strip("/"):
            raise web.HTTPError(400, gettext(ROOT))
        await self._as_upstream(super().delete(path))

    async def _send(self, model: Model, content: memoryview[int]) -> None:
        """Send a model in pieces, each after the one before was sent.

        Args:
            model: the file's model; its content is replaced.
            content: the file's content as JSON.
        """
        if self.get_query_argument("hash", default="0") != "1":
            model = {**model, "hash": None, "hash_algorithm": None}
        bare = {name: value for name, value in model.items() if name != "content"}
        head = json.dumps(bare, default=json_default)[:-1] + ', "content": '
        self.set_header("Last-Modified", model["last_modified"])
        self.set_header("Content-Type", "application/json")
        self.set_header("Content-Length", str(len(head.encode()) + len(content) + 1))
        self.update_api_activity()
        try:
            self.write(head)
            for at in range(0, len(content), PIECE_BYTES):
                self.write(bytes(content[at : at + PIECE_BYTES]))
                await self.flush()
            # The content type is set already; upstream's finish would set it again, too late.
            await web.RequestHandler.finish(self, "}")
        except StreamClosedError:
            self._gone = True

    async def put(self, path: str = "") -> None:
        """Save a file or make a folder; a separate process reads a large body.

        Raises:
            HTTPError: as in upstream; 413 if it is too large.
        """
        files: Any = self.contents_manager
        self._check_shown(path)
        known = self.current_user is not None and isinstance(files, ReadFiles)
        if known and file_process.is_heavy(self.request.body):
            async with files.turn():
                made = await files.processes.write(self.request.body, path.strip("/"))
                content: Any = made
                if not files.is_own and made.told["model"]["type"] == "notebook":
                    # A package that extends the contents manager reads it (`own_parts`).
                    content = await threads.run_long(notebook_of, bytes(made.data))
                self._model = {**made.told["model"], "content": content}
                await self._as_upstream(super().put(path))
        else:
            await self._as_upstream(super().put(path))

    def get_json_body(self) -> dict[str, Any] | None:
        """Return the request's JSON.

        Raises:
            HTTPError: 400 if it isn't a JSON object; 413 if it is too long and contains no file.
        """
        if self._model is not None:
            return self._model
        if self.request.method != "PUT" and len(self.request.body) > ORDER_BYTES:
            words = f"A request without a file may have at most {ORDER_BYTES >> 10} KB."
            raise web.HTTPError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, words)
        found = super().get_json_body()
        if found is not None and not isinstance(found, dict):
            raise web.HTTPError(400, "The request is no JSON object.")
        for name in TEXTS:
            if not isinstance((found or {}).get(name), str | None):
                raise web.HTTPError(400, NO_TEXT.format(name=name))
        return found


CHECKPOINT = r"(?P<checkpoint_id>[\w-]+)"
HANDLERS = (
    # Upstream's own handlers come first, because a file's path may end with these words.
    (rf"api/contents{path_regex}/checkpoints", upstream.CheckpointsHandler),
    (rf"api/contents{path_regex}/checkpoints/{CHECKPOINT}", upstream.ModifyCheckpointsHandler),
    (rf"api/contents{path_regex}/trust", upstream.TrustNotebooksHandler),
    (rf"api/contents{path_regex}", ContentsHandler),
)
