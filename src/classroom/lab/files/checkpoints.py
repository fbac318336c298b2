"""A file's checkpoint: one copy of it in a folder beside it, opened like any other file."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from jupyter_server.services.contents.checkpoints import AsyncCheckpoints
from tornado import web

from classroom.lab.files import atomic_write, disk_reserve, models, operations, reader
from classroom.lab.files.directory_entry import parts_of, path_of
from classroom.lab.files.http_errors import said
from classroom.lab.storage import threads
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import Parts
    from classroom.lab.files.reader import Seen

FOLDER = ".ipynb_checkpoints"
NO_CHECKPOINT = gettext_noop("“{path}” has no checkpoint.")
IDENT = "checkpoint"
"""The id of a file's only checkpoint."""


def place_of(parts: Parts, ident: str = IDENT) -> Parts:
    """Return the path of a file's checkpoint.

    Args:
        parts: the file's path.
        ident: the checkpoint's id.
    """
    name = PurePosixPath(parts[-1] if parts else "")
    return (*parts[:-1], FOLDER, f"{name.stem}-{ident}{name.suffix}")


def _model(seen: Seen) -> dict[str, Any]:
    return {"id": IDENT, "last_modified": models.time_of(seen.info.st_mtime)}


class ClassCheckpoints(AsyncCheckpoints):
    """The checkpoints of the class's files.

    Upstream's class compares paths as text and follows a link in the place of the checkpoints'
    folder. If the file's own folder isn't writable, it uses a folder that everybody may write.
    """

    @property
    def _root(self) -> Root:
        files: Any = self.parent
        found: Root = files.root
        return found

    @property
    def _scratch(self) -> Path | None:
        files: Any = self.parent
        found: Path | None = files.scratch_folder
        return found

    @property
    def _most(self) -> int:
        files: Any = self.parent
        found: int = files.largest_file
        return found

    async def _open_up(self, *paths: Parts) -> None:
        """Make files accessible again that a student's program has made inaccessible."""
        files: Any = self.parent
        await files.open_up(*map(path_of, paths))

    async def _in_turn(self, copy: Callable[[], Seen]) -> Seen:
        """Wait for the person's turn, then copy a file, which may take long."""
        files: Any = self.parent
        async with files.turn():
            found: Seen = await files.run_long(copy)
            return found

    def _copy(self, old: Parts, new: Parts) -> Seen:
        """Copy a whole file with its modification time: pages name a checkpoint by that."""
        most = self._most
        with self._root.at(new) as place:
            descriptor, seen = reader.open_file(self._root, old)
            with os.fdopen(descriptor, "rb") as stream:
                # A file with holes, or one that grows meanwhile, would fill the disk.
                if seen.info.st_size > most:
                    raise reader.TooLargeError(seen.name, seen.info.st_size)
                disk_reserve.ensure(self._root, seen.info.st_size)
                content = disk_reserve.BoundedReader(stream, most, seen.name)
                mode = seen.info.st_mode & 0o777 | atomic_write.NEW_FILE_MODE
                atomic_write.put_at(place, content, mode, self._scratch, when=seen.info.st_mtime_ns)
        return reader.look(self._root, new)

    async def create_checkpoint(self, contents_mgr: Any, path: str) -> dict[str, Any]:  # noqa: ARG002 (upstream's)
        """Copy a file to its checkpoint.

        Raises:
            HTTPError: the file can't be copied.
        """

        def create() -> Seen:
            operations.make_folder(self._root, target[:-1])
            return self._copy(parts, target)

        with said(path):
            parts = parts_of(path)
            target = place_of(parts)
            await self._open_up(target[:-1], target)
            return _model(await self._in_turn(create))

    async def restore_checkpoint(self, contents_mgr: Any, checkpoint_id: str, path: str) -> None:  # noqa: ARG002 (upstream's)
        """Restore a file from its checkpoint.

        Raises:
            HTTPError: it can't be restored; 404 if there is no checkpoint.
        """
        with said(path):
            parts = parts_of(path)
            kept = place_of(parts, checkpoint_id)
            if not await threads.run(reader.is_there, self._root, kept):
                raise web.HTTPError(404, gettext(NO_CHECKPOINT).format(path=path_of(parts)))
            await self._open_up(parts)
            await self._in_turn(lambda: self._copy(kept, parts))

    async def rename_checkpoint(self, checkpoint_id: str, old_path: str, new_path: str) -> None:
        """Move a checkpoint along with its file.

        Raises:
            HTTPError: it can't be moved.
        """

        def rename() -> None:
            operations.make_folder(self._root, new[:-1])
            try:
                operations.rename(self._root, old, new)
            except FileExistsError:
                # The checkpoint of an earlier file of that name.
                operations.remove(self._root, new)
                operations.rename(self._root, old, new)

        with said(old_path):
            old, new = (place_of(parts_of(path), checkpoint_id) for path in (old_path, new_path))
            await self._open_up(old, new[:-1], new)
            await threads.run(rename)

    async def rename_all_checkpoints(self, old_path: str, new_path: str) -> None:
        """Move checkpoints along with their file.

        The file is moved already, and pages learn of that also if a checkpoint can't be moved.

        Args:
            old_path: where the file was.
            new_path: the file's new path.
        """
        try:
            await super().rename_all_checkpoints(old_path, new_path)
        except web.HTTPError as error:
            self.log.warning("The checkpoint of %s could not be moved: %s", old_path, error)

    async def delete_all_checkpoints(self, path: str) -> None:
        """Delete the checkpoints of a deleted file.

        Pages learn that the file is deleted also if a checkpoint can't be deleted.

        Args:
            path: where the file was.
        """
        try:
            await super().delete_all_checkpoints(path)
        except web.HTTPError as error:
            self.log.warning("The checkpoint of %s could not be deleted: %s", path, error)

    async def delete_checkpoint(self, checkpoint_id: str, path: str) -> None:
        """Delete a checkpoint.

        Raises:
            HTTPError: it can't be deleted; 404 if there is none.
        """

        def delete() -> bool:
            if reader.kind(self._root, target) != "file":
                return False
            operations.remove(self._root, target)
            return True

        with said(path):
            target = place_of(parts_of(path), checkpoint_id)
            await self._open_up(target)
            if not await threads.run(delete):
                raise web.HTTPError(404, gettext(NO_CHECKPOINT).format(path=path.strip("/")))

    async def list_checkpoints(self, path: str) -> list[dict[str, Any]]:
        """List a file's checkpoints; a file outside the class's folder has none."""

        def find() -> list[Seen]:
            try:
                found = reader.look(self._root, place_of(parts_of(path)))
            except OSError:
                return []
            return [found] if found.is_file else []

        with said(path):
            return [_model(found) for found in await threads.run(find)]
