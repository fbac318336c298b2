"""Read the class's files for pages: each read is one step in a thread."""

from __future__ import annotations

import hashlib
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado import web
from traitlets import Bool, Int, Type, Unicode, default

from classroom.lab.files import (
    document_encoding,
    group_access,
    listing,
    models,
    reader,
    size_limits,
)
from classroom.lab.files.beneath import Root
from classroom.lab.files.checkpoints import ClassCheckpoints
from classroom.lab.files.directory_entry import parts_of, path_of
from classroom.lab.files.downloads import FileHandler
from classroom.lab.files.file_process import FileProcesses
from classroom.lab.files.http_errors import MB, said
from classroom.lab.files.large_files import LargeFiles
from classroom.lab.files.shared_listings import SharedListings
from classroom.lab.storage import saved_hashes, threads
from classroom.runtime.paths import own

if TYPE_CHECKING:
    from collections.abc import Callable

    from classroom.lab.files.directory_entry import Parts
    from classroom.lab.files.models import Model


class ReadFiles(LargeFiles):
    """The part of the contents manager that reads the class's files.

    It uses none of upstream's code for files. That code compares paths as text and opens them
    later, so a student's link could lead it anywhere. Each operation is one of
    `classroom.lab.files.reader`, `listing`, `atomic_write`, `operations` and `tree`. They hold open
    what they find.
    """

    scratch = Unicode("", config=True, help="Folder for unfinished files; emptied at start.")
    largest_notebook = Int(50 * MB, config=True, help="Bytes of the largest that can be opened.")
    largest_file = Int(256 * MB, config=True, help="Bytes of the largest that can be opened.")
    largest_answer = Int(100 * MB, config=True, help="Bytes of the longest answer with a file.")
    largest_copy = Int(500 * MB, config=True, help="Bytes of the largest folder to be copied.")
    disk_reserve = Int(0, config=True, help="Bytes of the disk to keep free for what people type.")
    delete_to_trash = Bool(default_value=True, help="Pages offer the trash. Always true.")
    checkpoints_class = Type(ClassCheckpoints, config=True)

    def __init__(self, **kwargs: Any) -> None:
        """Empty the scratch folder of what a killed server left there."""
        super().__init__(**kwargs)
        known_as = (own().files_link,) if self._is_the_classes else ()
        self.root = Root(self.root_dir, known_as, self.disk_reserve)
        self.group_access = group_access.GroupAccess()
        self.processes = FileProcesses()
        self.listings: SharedListings[tuple[Any, bytes]] = SharedListings()
        """Folders' models for pages: the time of the last change, and the JSON."""
        self.scratch_folder: Path | None = None
        if self.scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)
            try:
                Path(self.scratch).mkdir(mode=0o700, exist_ok=True)
            except OSError as error:  # saves then use the files' own folders
                self.log.warning("files: %s can't be made: %s", self.scratch, error)
            else:
                self.scratch_folder = Path(self.scratch)

    @property
    def _is_the_classes(self) -> bool:
        return Path(self.root_dir) == own().files

    @default("root_dir")
    def _default_root_dir(self) -> str:
        parent: Any = self.parent
        return str(parent.root_dir)

    @default("files_handler_class")
    def _default_files_handler_class(self) -> type:
        return FileHandler

    @default("files_handler_params")
    def _default_files_handler_params(self) -> dict[str, Any]:
        return {"path": self.root_dir}

    def emit(self, data: dict[str, Any]) -> None:
        """Send every page the events of changes to files, but not those of reading.

        Upstream sends both. Rooms look at each open document's file once a second, and each page
        requests its folder every ten seconds, so most events would be reads.
        """
        if data["action"] != "get":
            super().emit(data)

    # What is there.

    def _parts(self, path: str) -> Parts:
        with said(path):
            return parts_of(path)

    async def is_hidden(self, path: str) -> bool:
        """Say whether a path is hidden from people."""
        return any(name.startswith(".") for name in self._parts(path))

    async def exists(self, path: str) -> bool:
        """Say whether a name is taken, by a link as well."""
        return await threads.run(reader.is_there, self.root, self._parts(path))

    async def file_exists(self, path: str) -> bool:
        """Say whether there is a file."""
        return await threads.run(reader.kind, self.root, self._parts(path)) == "file"

    async def dir_exists(self, path: str) -> bool:
        """Say whether there is a folder."""
        return await threads.run(reader.kind, self.root, self._parts(path)) == "folder"

    async def get_kernel_path(self, path: str, model: Any = None) -> str:  # noqa: ARG002 (upstream's)
        """Return the folder in which a notebook's kernel starts."""
        return path if await self.dir_exists(path) else path.rpartition("/")[0]

    async def resolve_path(self, path: str) -> str | None:
        """Return a file's path in the API; None if the class's folder has no such file."""
        parts = self.root.inside(path) if path.startswith("/") else None
        try:
            parts = parts_of(path if parts is None else path_of(parts))
        except ValueError:
            return None
        return path_of(parts) if await threads.run(reader.is_there, self.root, parts) else None

    # Reading.

    async def get(
        self,
        path: str,
        content: bool = True,  # noqa: FBT001, FBT002 (upstream's)
        type: str | None = None,  # noqa: A002
        format: str | None = None,  # noqa: A002
        require_hash: bool = False,  # noqa: FBT001, FBT002
    ) -> Model:
        """Get a file's or a folder's model; make an inaccessible file accessible first.

        Args:
            path: its path.
            content: whether to include the content.
            type: the required type, "directory", "notebook" or "file"; None for any.
            format: a file's required format, "text" or "base64"; None for any.
            require_hash: whether to include a file's hash.

        Raises:
            HTTPError: it can't be read, or not as that type; 413 if it is too large.
        """
        parts = self._parts(path)
        path = path_of(parts)

        async def read() -> tuple[Model, Any]:
            ask = partial(
                self._read, parts, type, format, content=content, require_hash=require_hash
            )
            # A room reads its file before it saves; that doesn't wait for a turn.
            if saved_hashes.saving.get() is not None:
                return await threads.run(ask)
            weigh = partial(self._weighed, parts, type, content=content, require_hash=require_hash)
            kind, found = await threads.run(_read_light, weigh, ask)
            if found is not None:
                return found
            async with self.turn():
                if content and kind == "notebook":
                    return await self._read_notebook(parts, require_hash=require_hash)
                return await self.run_long(ask)

        with said(path):
            model, problem = await self._readable(parts, read, content=content)
        if model["type"] == "notebook" and content:
            self.mark_trusted_cells(model["content"], path)
            self.validate_notebook_model(model, problem)
        self.emit(data={"action": "get", "path": path})
        return model

    def _read(
        self,
        parts: Parts,
        wanted: str | None,
        form: str | None,
        *,
        content: bool,
        require_hash: bool,
    ) -> tuple[Model, dict[str, Any]]:
        """Make a model in one step; return it, and what is invalid in a notebook."""
        path, problem = path_of(parts), dict[str, Any]()
        seen = reader.look(self.root, parts)
        kind = models.kind_of(seen, path, wanted)
        if kind == "directory" and content:
            seen, found, left_out = listing.entries(self.root, parts, self._is_shown)
            return models.listing(models.bare(seen, path, kind), found, left_out), problem
        if kind == "directory" or not (content or require_hash):
            return models.bare(seen, path, kind), problem
        if not content:
            seen, digest = reader.digest(self.root, parts, self.largest_file)
            return models.hashed(models.bare(seen, path, kind), digest), problem
        most = self.largest_notebook if kind == "notebook" else self.largest_file
        try:
            seen, data = reader.content(self.root, parts, most)
        except reader.TooLargeError as error:
            raise web.HTTPError(413, size_limits.too_large(path, kind, error.size, most)) from error
        if kind == "notebook" and (why := size_limits.refusal(path, data)):
            raise web.HTTPError(413, why)
        size = 0 if kind == "notebook" else models.answer_size(data, form)
        if size > self.largest_answer:
            raise web.HTTPError(413, size_limits.too_large(path, kind, size, self.largest_answer))
        model = models.bare(seen, path, kind)
        if require_hash:
            model = models.hashed(model, hashlib.sha256(data).hexdigest())
        if kind == "notebook":
            notebook = document_encoding.notebook(data, path, problem)
            return {**model, "content": notebook, "format": "json"}, problem
        return models.with_text(model, data, form), problem

    def _is_shown(self, name: str) -> bool:
        return self.should_list(name) and (self.allow_hidden or not name.startswith("."))

    async def open_up(self, *paths: str) -> None:
        """Make files accessible to everybody that a student's program has made inaccessible.

        Rooms do so before their turn to save, so that no other room waits for it.

        Args:
            *paths: their paths.
        """
        await self._open_up(*map(self._parts, paths))

    async def _open_up(self, *paths: Parts) -> bool:
        """Make inaccessible files accessible; say whether anything was changed."""
        if saved_hashes.saving.get() is not None:
            return False  # done by the room, and other rooms wait for their turn
        shut = await threads.run(group_access.shut, self.root, *paths)
        if not shut:
            return False
        opened = await self.group_access.share(shut)
        if not opened:
            self.log.debug("Could not be made accessible to everybody: %s", shut)
        return opened


def _read_light(
    weigh: Callable[[], tuple[str, bool]], read: Callable[[], tuple[Model, Any]]
) -> tuple[str, tuple[Model, Any] | None]:
    """Weigh a file, and read it in the same step if that is quick.

    Args:
        weigh: returns the type to open it as, and whether reading takes long.
        read: reads it.

    Returns:
        The type to open it as, and the result of `read`; None instead if reading takes long.
    """
    kind, heavy = weigh()
    return kind, None if heavy else read()
