"""A file's checkpoint: one copy of it in a folder beside it, found and held as any other."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from jupyter_server.services.contents.checkpoints import AsyncCheckpoints
from tornado import web

from classroom.lab import moving, reading, spare, threads, whole
from classroom.lab.held import parts_of
from classroom.lab.refusals import said

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.lab.beneath import Root
    from classroom.lab.held import Parts
    from classroom.lab.reading import Seen

FOLDER = ".ipynb_checkpoints"
IDENT = "checkpoint"
"""Of the only one that there is."""


def place_of(parts: Parts, ident: str = IDENT) -> Parts:
    """Say where a file's checkpoint is.

    Args:
        parts: of the file.
        ident: the checkpoint's id.
    """
    name = PurePosixPath(parts[-1] if parts else "")
    return (*parts[:-1], FOLDER, f"{name.stem}-{ident}{name.suffix}")


def _model(seen: Seen) -> dict[str, Any]:
    return {"id": IDENT, "last_modified": datetime.fromtimestamp(seen.info.st_mtime, UTC)}


class ClassCheckpoints(AsyncCheckpoints):
    """The checkpoints of the class's files.

    Upstream's compare paths as text, follow any link that is put in their folder's place, and go
    to a folder that everybody may write where the file's own may not be written.
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

    def _copy(self, old: Parts, new: Parts) -> Seen:
        """Copy a file as a whole, with its time, by which pages call a checkpoint."""
        most = self._most
        with self._root.at(new) as place:
            descriptor, seen = reading.open_file(self._root, old)
            with os.fdopen(descriptor, "rb") as stream:
                # One with holes in it, or that grows meanwhile, would fill the disk.
                if seen.info.st_size > most:
                    raise reading.TooLargeError(seen.name, seen.info.st_size)
                spare.ensure(self._root, seen.info.st_size)
                content = spare.Bounded(stream, most, seen.name)
                mode = seen.info.st_mode & 0o777 | whole.NEW_FILE_MODE
                whole.put_at(place, content, mode, self._scratch, when=seen.info.st_mtime_ns)
        return reading.look(self._root, new)

    async def create_checkpoint(self, contents_mgr: Any, path: str) -> dict[str, Any]:  # noqa: ARG002 (upstream's)
        """Copy a file to its checkpoint.

        Raises:
            HTTPError: it can't be copied.
        """

        def create() -> Seen:
            parts = parts_of(path)
            target = place_of(parts)
            moving.make_folder(self._root, target[:-1])
            return self._copy(parts, target)

        with said(path):
            return _model(await threads.run(create))

    async def restore_checkpoint(self, contents_mgr: Any, checkpoint_id: str, path: str) -> None:  # noqa: ARG002 (upstream's)
        """Put a checkpoint in its file's place.

        Raises:
            HTTPError: it can't be; 404, there is none.
        """

        def restore() -> None:
            parts = parts_of(path)
            self._copy(place_of(parts, checkpoint_id), parts)

        with said(path):
            await threads.run(restore)

    async def rename_checkpoint(self, checkpoint_id: str, old_path: str, new_path: str) -> None:
        """Have a checkpoint go with its file.

        Raises:
            HTTPError: it can't.
        """

        def rename() -> None:
            old, new = (place_of(parts_of(path), checkpoint_id) for path in (old_path, new_path))
            moving.make_folder(self._root, new[:-1])
            try:
                moving.rename(self._root, old, new)
            except FileExistsError:
                # Of a file that had that name before.
                moving.remove(self._root, new)
                moving.rename(self._root, old, new)

        with said(old_path):
            await threads.run(rename)

    async def delete_checkpoint(self, checkpoint_id: str, path: str) -> None:
        """Delete a checkpoint.

        Raises:
            HTTPError: it can't be; 404, there is none.
        """

        def delete() -> bool:
            target = place_of(parts_of(path), checkpoint_id)
            if reading.kind(self._root, target) != "file":
                return False
            moving.remove(self._root, target)
            return True

        with said(path):
            if not await threads.run(delete):
                raise web.HTTPError(404, f"Checkpoint does not exist: {path}@{checkpoint_id}")

    async def list_checkpoints(self, path: str) -> list[dict[str, Any]]:
        """List a file's checkpoints; of what leads out there are none."""

        def find() -> list[Seen]:
            try:
                found = reading.look(self._root, place_of(parts_of(path)))
            except OSError:
                return []
            return [found] if found.is_file else []

        with said(path):
            return [_model(found) for found in await threads.run(find)]
