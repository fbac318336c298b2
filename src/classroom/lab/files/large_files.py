"""Read and write the class's large files in turns, and in separate processes."""

from __future__ import annotations

import contextlib
import os
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_server import CallContext
from tornado import web

from classroom.lab.files import file_process, models, reader
from classroom.lab.files.directory_entry import path_of
from classroom.lab.files.file_worker import notebook_of
from classroom.lab.files.http_errors import said
from classroom.lab.files.trust import Untrusting
from classroom.lab.storage import saved_hashes, threads
from classroom.runtime.turns import TooManyError
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import Parts
    from classroom.lab.files.file_process import FileProcesses
    from classroom.lab.files.models import Model

T = TypeVar("T")
_has_turn: ContextVar[bool] = ContextVar("has_turn", default=False)
"""Whether the request holds a turn already: waiting for a second one could last forever."""
CHANGED = gettext_noop("{path} has changed while its outputs were being cleared: try again.")
INVALID = "Notebook validation failed: {}"
"""The message in the model of a notebook that nbformat's schema rejects; pages show it."""


class LargeFiles(Untrusting):
    """Reads large files without delaying other people's keystrokes and saves."""

    root: Root
    processes: FileProcesses
    largest_notebook: int
    largest_file: int
    largest_answer: int

    def _parts(self, path: str) -> Parts:
        raise NotImplementedError

    async def _open_up(self, *paths: Parts) -> bool:
        raise NotImplementedError

    async def save(self, model: Model, path: str = "") -> Model:
        """Save a file (`classroom.lab.files.contents_manager`)."""
        raise NotImplementedError

    async def _readable(
        self, parts: Parts, read: Callable[[], Awaitable[tuple[Model, Any]]], *, content: bool
    ) -> tuple[Model, Any]:
        """Read something; if a student's program made it inaccessible, undo that first."""
        try:
            found = await read()
        except PermissionError:
            if not await self._open_up(parts):
                raise
            return await read()
        shut = content and not found[0]["writable"] and found[0]["type"] != "directory"
        return await read() if shut and await self._open_up(parts) else found

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Hold a turn for slow work, in the name of the person whose request is answered.

        Raises:
            HTTPError: 429 if too many of the person's requests wait already.
        """
        if _has_turn.get() or saved_hashes.saving.get() is not None:
            yield  # a room's save doesn't wait for a turn
            return
        token = _has_turn.set(True)
        try:
            async with self.processes.turns.own(person()):
                yield
        except TooManyError as error:
            raise web.HTTPError(429, gettext(file_process.MANY)) from error
        finally:
            _has_turn.reset(token)

    async def run_long(self, step: Callable[[], T]) -> T:
        """Run slow work in a thread; a room's save has threads of its own."""
        if saved_hashes.saving.get() is not None:
            return await threads.run(step)
        return await threads.run_long(step)

    def _weighed(
        self, parts: Parts, wanted: str | None, *, content: bool, require_hash: bool
    ) -> tuple[str, bool]:
        """Return a file's type, and whether reading it takes long; call it in a thread."""
        seen = reader.look(self.root, parts)
        kind, size = models.kind_of(seen, path_of(parts), wanted), seen.info.st_size
        if kind == "directory" or not (content or require_hash) or size <= file_process.LARGE_BYTES:
            return kind, False
        if size > file_process.LONG_BYTES or kind == "file" or not content:
            return kind, size > file_process.LONG_BYTES
        return kind, file_process.is_heavy(reader.content(self.root, parts, size)[1])

    @contextlib.asynccontextmanager
    async def packed(
        self,
        path: str,
        type: str | None = None,  # noqa: A002 (upstream's)
        format: str | None = None,  # noqa: A002
    ) -> AsyncIterator[tuple[Model, memoryview[int]] | str]:
        """Get a large file's model, and its content as JSON, without parsing it in this process.

        The person's turn ends with the context, when the content has been sent.

        Args:
            path: the file's path.
            type: as for `get`.
            format: as for `get`.

        Yields:
            The model, with its hash and without its content, and the content. For a small file or
            a folder, only the type to open it as, "" if that isn't known.

        Raises:
            HTTPError: as for `get`.
        """
        parts = self._parts(path)
        path = path_of(parts)
        with said(path):
            try:
                kind, heavy = await threads.run(
                    self._weighed, parts, type, content=True, require_hash=False
                )
            except PermissionError:
                kind, heavy = "", False
        if not heavy:
            yield kind
            return
        async with self.turn():

            async def read() -> tuple[Model, Any]:
                return await self._packed(parts, kind, format)

            with said(path):
                model, body = await self._readable(parts, read, content=True)
            self.emit(data={"action": "get", "path": path})
            yield model, body

    async def _packed(
        self, parts: Parts, kind: str, form: str | None
    ) -> tuple[Model, memoryview[int]]:
        """Read a file's content in a separate process; return its model and the content."""
        path = path_of(parts)
        descriptor, seen = await threads.run(reader.open_file, self.root, parts)
        try:
            model = models.bare(seen, path, kind)
            found = await self.processes.read(
                descriptor,
                self.largest_answer,
                path=path,
                kind=kind,
                format=form,
                mimetype=model["mimetype"],
                most=self.largest_notebook if kind == "notebook" else self.largest_file,
            )
        finally:
            os.close(descriptor)
        told = found.told
        model |= {"format": told["format"], "mimetype": told["mimetype"], "size": told["size"]}
        if told["problem"]:
            model["message"] = INVALID.format(told["problem"])
        return models.hashed(model, told["hash"]), found.data

    async def _read_notebook(
        self, parts: Parts, *, require_hash: bool
    ) -> tuple[Model, dict[str, Any]]:
        """Read a large notebook for a room; else as `_read`."""
        model, content = await self._packed(parts, "notebook", None)
        model["content"] = await threads.run_long(notebook_of, bytes(content))
        if not require_hash:
            model |= {"hash": None, "hash_algorithm": None}
        return model, {}

    async def clear_outputs(self, path: str) -> None:
        """Clear the outputs of a notebook's file, even if it is too large to open.

        A room that has the notebook open merges that like any program's change.

        Args:
            path: the notebook's path.

        Raises:
            HTTPError: as for `get` and `save`; 409 if a program has written the file meanwhile.
        """
        parts = self._parts(path)
        path = path_of(parts)
        async with self.turn():
            with said(path):
                descriptor, seen = await threads.run(reader.open_file, self.root, parts)
            try:
                found = await self.processes.clear(descriptor, path)
            finally:
                os.close(descriptor)
            content = await threads.run_long(notebook_of, bytes(found.data))
            with said(path):
                now = await threads.run(reader.look, self.root, parts)
            if _version(now) != _version(seen):
                raise web.HTTPError(409, gettext(CHANGED).format(path=path))
            await self.save({"type": "notebook", "format": "json", "content": content}, path)

    def validate_notebook_model(self, model: Model, validation_error: Any = None) -> Model:
        """Add to a notebook's model what is invalid in it.

        Args:
            model: changed in place.
            validation_error: what `document_encoding.notebook` has put into ``problem``.
        """
        if found := (validation_error or {}).get("ValidationError"):
            model["message"] = INVALID.format(found)
        return model


def _version(seen: reader.Seen) -> tuple[int, int, int]:
    return seen.info.st_ino, seen.info.st_size, seen.info.st_mtime_ns


def person() -> str:
    """Return the name of the person whose request is answered; "" for the lab server itself."""
    handler: Any = CallContext.get(CallContext.JUPYTER_HANDLER)
    return str(getattr(getattr(handler, "current_user", None), "username", ""))
