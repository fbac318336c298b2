"""Save the class's files: each as a whole, and never on the event loop."""

from __future__ import annotations

import dataclasses
import hashlib
from contextvars import ContextVar
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import nbformat
from tornado import web

from classroom.lab.files import (
    atomic_write,
    disk_reserve,
    file_process,
    models,
    operations,
    reader,
    uploads,
)
from classroom.lab.files.contents_reader import ReadFiles
from classroom.lab.files.directory_entry import path_of
from classroom.lab.files.document_encoding import encoded, forget
from classroom.lab.files.free_names import FreeNames
from classroom.lab.files.http_errors import NO_FOLDER, NO_TEXT, said, status
from classroom.lab.files.large_files import person
from classroom.lab.files.saving_pace import SavingPace
from classroom.lab.files.uploads import Uploads
from classroom.lab.protocol import text_style
from classroom.lab.storage import saved_hashes, threads
from classroom.runtime import volume_reserve
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from classroom.lab.files.directory_entry import Parts
    from classroom.lab.files.models import Model
    from classroom.lab.storage.saved_hashes import Saves

TRIES = 10
"""How many names to try for a new file while programs take them."""
_new: ContextVar[bool] = ContextVar("new", default=False)
"""Whether what is being saved must not be there yet."""


class SavedFiles(ReadFiles):
    """The part of the contents manager that saves and creates the class's files.

    Upstream writes in place, so that a reader may find half a file. It also waits for the disk on
    the event loop, so that a slow flush delays every document.
    """

    saves: Saves | None = None
    """Records what rooms save; set when the contents manager is installed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tell: Callable[[str, str], object] = lambda _name, _sentence: None
        """Shows a sentence to a person, given by name; set when the manager is installed."""
        self._names = FreeNames(self.exists)
        self._uploads = Uploads(self.root, self.scratch_folder)
        self.saving_pace = SavingPace()
        """The pace at which open documents are saved, all together."""

    async def save(self, model: Model, path: str = "") -> Model:
        """Save a file or a piece of one, or make a folder; return its model without content.

        Raises:
            HTTPError: it can't be saved; what was there before stays.
        """
        parts = self._parts(path)
        path = path_of(parts)
        kind, chunk = checked(model)
        if chunk in {None, 1}:
            self.run_pre_save_hooks(model=model, path=path)
        problem: dict[str, Any] = {}
        with said(path, making=True):
            try:
                if kind == "directory":
                    saved = await self._save_folder(parts)
                elif chunk is not None:
                    saved = await self._take(parts, model, chunk)
                else:
                    saved = await self._save_file(parts, model, problem)
            except OSError as error:
                if status(error) == HTTPStatus.INTERNAL_SERVER_ERROR:  # the disk, as a rule
                    self.log.exception("Error while saving file: %s", path)
                raise
        if kind == "notebook":
            self.validate_notebook_model(model, validation_error=problem)
            await self._check_in(path)
        if "message" in model:
            saved["message"] = model["message"]
        if chunk in {None, uploads.LAST}:
            self.emit(data={"action": "save", "path": path})
        return saved

    async def _take(self, parts: Parts, model: Model, piece: int) -> Model:
        """Receive a piece of an upload; return the model of what has arrived so far."""
        data = await self._encoded(model, {})
        await self._open_up(parts)
        seen = await threads.run(self._uploads.take, person(), parts, piece, data)
        return models.bare(seen, path_of(parts), model["type"])

    async def _check_in(self, path: str) -> None:
        """Make sure that a notebook has a checkpoint; the save succeeds without one, too."""
        if await self.checkpoints.list_checkpoints(path):
            return
        try:
            await self.create_checkpoint(path)
        except web.HTTPError as error:
            self.log.info("%s has no checkpoint: %s", path, error)

    async def _save_folder(self, parts: Parts) -> Model:
        await self._open_up(parts)
        new = _new.get()

        def make() -> Model:
            disk_reserve.ensure(self.root)
            operations.make_folder(self.root, parts, new=new)
            return models.bare(reader.look(self.root, parts), path_of(parts), "directory")

        return await threads.run(make)

    async def _save_file(self, parts: Parts, model: Model, problem: dict[str, Any]) -> Model:
        """Write a file; for a room, record the new content's hash first."""
        saving, before = saved_hashes.saving.get(), None
        if saving is not None:
            before = await threads.run(
                reader.beginning, self.root, parts, text_style.LOOKED_AT_BYTES
            )
        data = await self._encoded(model, problem, before)
        if saving is None or before is None:
            # Only new files and those of no room need free space beyond the reserve.
            await threads.run(disk_reserve.ensure, self.root, len(data))
        else:
            # A room may use the reserve, except for the last bytes, which signing in needs.
            await threads.run(volume_reserve.ensure, self.root.folder)
        digest = ""
        if saving is not None:
            digest = await threads.run(lambda: hashlib.sha256(data).hexdigest())
            if before is not None and self.saves is not None:
                await self.saves.intend(saving.document, digest)
        await self._open_up(parts)
        new = _new.get()

        def write() -> Model:
            put = atomic_write.write(self.root, parts, data, self.scratch_folder, new=new)
            # Describe what was written: a program may have replaced it since.
            seen = dataclasses.replace(reader.look(self.root, parts), info=put)
            saved = models.bare(seen, path_of(parts), model["type"])
            if saving is None:
                return saved
            saving.put.append((put.st_dev, put.st_ino))
            return models.hashed(saved, digest)

        return await threads.run(write)

    async def _encoded(
        self, model: Model, problem: dict[str, Any], before: bytes | None = None
    ) -> bytes:
        """Return the bytes to write to a file; use a worker's result unchanged."""
        content = model["content"]
        if isinstance(content, file_process.FileAnswer):
            if why := content.told["problem"]:
                problem["ValidationError"] = why
            return bytes(content.data)

        def encode() -> bytes:
            found = model
            if model["type"] == "notebook":
                # Remove the marks from a copy: the original isn't ours.
                found = {**model, "content": nbformat.from_dict(content)}
                forget(found["content"])
            return encoded(found, problem, before)

        return await threads.run(encode)

    async def _named(self, make: Callable[[], Awaitable[Model]], tries: int = TRIES) -> Model:
        """Create something under a free name; try another name if it is taken meanwhile."""
        token = _new.set(True)
        try:
            for left in reversed(range(tries)):
                try:
                    with self._names.until_made():
                        return await make()
                except web.HTTPError as error:
                    # Somebody else was faster: try the next name.
                    if error.status_code != HTTPStatus.CONFLICT or not left:
                        raise
            raise AssertionError
        finally:
            _new.reset(token)

    async def increment_filename(self, filename: str, path: str = "", insert: str = "") -> str:
        """Find a name for a new file, and give it to nobody else; the arguments are upstream's."""
        return await self._names.give(filename, path.strip("/"), insert)

    async def save_new(self, model: Model, path: str) -> Model:
        """Save a file that must not be there yet.

        Args:
            model: as for `save`.
            path: its path.

        Raises:
            HTTPError: it can't be saved; 409 if the name is taken.
        """
        return await self._named(lambda: self.save(model, path), tries=1)

    async def new_untitled(self, path: str = "", type: str = "", ext: str = "") -> Model:  # noqa: A002 (upstream's)
        """Create a file or folder in a folder, under a name that the lab chooses."""
        folder = path_of(self._parts(path))
        if folder and not await self.dir_exists(folder):
            raise web.HTTPError(404, gettext(NO_FOLDER).format(folder=folder))
        make = super().new_untitled
        return await self._named(lambda: make(path, type, ext))


def checked(model: Model) -> tuple[str, int | None]:
    """Check a model to save; return its type and the number of its piece.

    Args:
        model: a model from a page.

    Raises:
        HTTPError: 400 if it can't be saved.
    """
    kind, chunk = model.get("type"), model.get("chunk")
    if not isinstance(kind, str) or not isinstance(chunk, int | None):
        raise web.HTTPError(400, NO_TEXT.format(name="type"))
    if kind not in {"notebook", "file", "directory"} or (chunk is not None and kind != "file"):
        what = f"The request's type is {kind!r:.80}, which can't be saved"
        raise web.HTTPError(400, f"{what}{' in pieces' if chunk else ''}.")
    if kind != "directory" and "content" not in model:
        raise web.HTTPError(400, "The request has no content to save.")
    return kind, chunk
