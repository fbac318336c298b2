"""The contents manager of the class's files: copy, move and delete."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from jupyter_server.services.contents.manager import copy_pat
from tornado import web

from classroom.lab.files import (
    atomic_write,
    disk_reserve,
    listing,
    models,
    operations,
    reader,
    tree,
)
from classroom.lab.files.contents_saver import TRIES, SavedFiles
from classroom.lab.files.directory_entry import TargetError, blamed, path_of
from classroom.lab.files.http_errors import (
    GONE,
    HIDDEN,
    MB,
    ROOT,
    TAKEN,
    said,
)
from classroom.lab.files.large_files import person
from classroom.lab.storage import threads
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from classroom.lab.files.directory_entry import Parts
    from classroom.lab.files.models import Model

REMOVED = gettext_noop(
    "“{name}” is not in the trash: the disk is full, so it was deleted for good."
)


class ClassContents(SavedFiles):
    """The class's files as the lab serves them: saved, copied, moved and deleted."""

    @property
    def is_own(self) -> bool:
        """Whether no package has extended it, as one does that pairs notebooks with texts."""
        return type(self) is ClassContents

    def take_over(self, former: ClassContents) -> None:
        """Take over another manager's state, before anybody saves anything.

        Args:
            former: the manager that the lab started with.
        """
        self.saves, self.saving_pace = former.saves, former.saving_pace
        self.tell = former.tell

    async def copy(self, from_path: str, to_path: str | None = None) -> Model:
        """Copy a file or folder.

        Args:
            from_path: the path of the file or folder to copy.
            to_path: a folder to copy it into, or the copy's own path; without it, the same folder.

        Raises:
            HTTPError: the copy failed.
        """
        old = self._parts(from_path)
        with said(from_path):
            is_folder = (await threads.run(reader.look, self.root, old)).is_folder
        # Try other names only if the page didn't choose the name.
        tries = TRIES if to_path is None or await self.dir_exists(to_path) else 1
        if not old:
            raise web.HTTPError(400, gettext(ROOT))
        target = path_of(old[:-1] if to_path is None else self._parts(to_path))

        async def make() -> Model:
            into = target
            if await self.dir_exists(target):
                name = path_of(old[-1:])
                name = name if name.endswith(models.NOTEBOOK) else copy_pat.sub(".", name)
                name = await self.increment_filename(name, target, insert="-Copy")
                into = f"{target}/{name}"
            copied = self._copy_folder if is_folder else self._copy_file
            return await copied(old, self._parts(into))

        async with self.turn():
            return await self._named(make, tries)

    async def _copy_file(self, old: Parts, new: Parts) -> Model:
        """Copy a file's bytes without parsing them."""
        path = path_of(new)

        def copy() -> Model:
            descriptor, seen = reader.open_file(self.root, old)
            with os.fdopen(descriptor, "rb") as stream:
                size, mode = seen.info.st_size, seen.info.st_mode & 0o777
                if size > self.largest_file:
                    raise reader.TooLargeError(seen.name, size)
                disk_reserve.ensure(self.root, size)
                content = disk_reserve.BoundedReader(stream, self.largest_file, seen.name)
                mode |= atomic_write.NEW_FILE_MODE
                with blamed(new), self.root.at(new) as place:
                    atomic_write.put_at(place, content, mode, self.scratch_folder, new=True)
            return models.bare(reader.look(self.root, new), path, models.kind_of(seen, path, None))

        with said(path_of(old)):
            await self._open_up(old, new)
            made = await self.run_long(copy)
        self.emit(data={"action": "copy", "path": path, "source_path": path_of(old)})
        return made

    async def _copy_folder(self, old: Parts, new: Parts) -> Model:
        path = path_of(new)

        def copy() -> Model:
            if reader.is_there(self.root, new):
                raise TargetError(FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)), new)
            with blamed(new), self.root.at(new) as place:
                place.check_writable()
            try:
                disk_reserve.ensure(self.root, tree.size(self.root, old, self.largest_copy))
                tree.copy(self.root, old, new, self.largest_copy)
            except reader.TooLargeError as error:
                words = gettext(
                    "“{name}” is too large: the lab copies no folder of more than {most} MB. Copy"
                    " it in a terminal (cp -r)."
                )
                what = words.format(name=path_of(old[-1:]), most=self.largest_copy // MB)
                raise web.HTTPError(413, what) from error
            return models.bare(reader.look(self.root, new), path, "directory")

        with said(path_of(old)):
            made = await self.run_long(copy)
        self.emit(data={"action": "copy", "path": path, "source_path": path_of(old)})
        return made

    # A student's program may have made a file inaccessible: open it before a move or deletion.

    async def delete_file(self, path: str) -> None:
        """Put a file, folder or link into the trash; if the disk is full, delete it for good.

        Raises:
            HTTPError: there is nothing, or it can't be deleted.
        """
        parts = self._parts(path)
        self._not_hidden(parts)
        with said(path):
            trash = (operations.TRASH[:depth] for depth in range(1, len(operations.TRASH) + 1))
            await self._open_up(parts, *trash, (*operations.TRASH, "files"))
            if await self.run_long(lambda: operations.delete(self.root, parts)):
                self.log.info("Deleted for good, because the disk is full: %s", path_of(parts))
                self.tell(person(), gettext(REMOVED).format(name=path_of(parts[-1:])))

    async def rename_file(self, old_path: str, new_path: str) -> None:
        """Rename or move a file, a folder or a link.

        Raises:
            HTTPError: there is nothing, or it can't be renamed; 409 if the new name is taken.
        """
        old, new = self._parts(old_path), self._parts(new_path)
        self._not_hidden(old, new)
        if old == new:
            return
        with said(old_path):
            await self._open_up(old, new)
            try:
                await threads.run(operations.rename, self.root, old, new)
            except FileExistsError as error:
                what = gettext(TAKEN).format(path=path_of(new))
                raise web.HTTPError(409, what) from error

    async def update(self, model: Model, path: str) -> Model:
        """Rename something; return its model as in its folder's list.

        Args:
            model: has the new path.
            path: the old path.

        Raises:
            HTTPError: as for `rename_file`.
        """
        # Remove the request's leading slash: the event's path identifies the document.
        parts = self._parts(str(model.get("path", path)))
        old, new = path_of(self._parts(path)), path_of(parts)
        if new != old:
            await self.rename(old, new)
        with said(new):
            seen = await threads.run(listing.listed, self.root, parts)
        if seen is None:
            raise web.HTTPError(404, gettext(GONE).format(path=new))
        return models.bare(seen, path_of(parts), models.kind_of(seen, new, None))

    def _not_hidden(self, *paths: Parts) -> None:
        for parts in paths:
            if not parts:
                raise web.HTTPError(400, gettext(ROOT))
            if not self.allow_hidden and any(name.startswith(".") for name in parts):
                raise web.HTTPError(400, gettext(HIDDEN).format(path=path_of(parts)))
