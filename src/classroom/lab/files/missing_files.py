"""After a crash: handle documents whose files have been moved or deleted.

While the lab server runs, a document follows its file, and what people type into a deleted file is
saved beside it (`classroom.lab.rooms.outside_changes`). This module does the same after a crash
with what the journal has of the last seconds, before any room is opened.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tornado.web import HTTPError

from classroom.lab.files import copies, moved, reader
from classroom.lab.files.directory_entry import parts_of, path_of
from classroom.lab.merging import outcome
from classroom.lab.storage import threads
from classroom.lab.storage.last_places import LastPlaces
from classroom.lab.storage.saved_hashes import Saves

if TYPE_CHECKING:
    from logging import Logger

    from classroom.lab.files.recovery import Model, Recovery
    from classroom.lab.storage.ystore import ClassYStore

UNNAMED = {"notebook": "Deleted.ipynb"}
"""File names for a copy if the file's own name isn't known."""


class MissingFiles:
    """Finds the files of documents, or saves what was typed into them."""

    def __init__(self, contents: Any, recovery: Recovery, log: Logger) -> None:
        """Use a contents manager and a recovery.

        Args:
            contents: the class's contents manager.
            recovery: reads the documents' journal.
            log: the log to write to.
        """
        self._contents, self._recovery, self._log = contents, recovery, log

    async def is_there(self, path: str) -> bool:
        """Say whether a document's file is where it was.

        Args:
            path: the file's last known path.
        """
        return bool(await self._contents.file_exists(path))

    async def find(self, path: str, store: ClassYStore) -> str | None:
        """Find where a program has moved a file, and emit a rename event.

        Args:
            path: where the file was.
            store: the document's store.

        Returns:
            Its new path; None if it isn't in the class's folders, or isn't certainly that file.

        Raises:
            sqlite3.Error: the journal can't be read.
        """
        place = await LastPlaces(store.journal, store.path).last()
        if place is None:
            return None
        root, wanted = self._contents.root, moved.Remembered(place.device, place.inode)
        parts = await threads.run(moved.find, root, wanted)
        if parts is None or PurePosixPath(path).suffix != PurePosixPath(parts[-1]).suffix:
            return None
        # The inode may belong to another file by now: compare the hash with what the lab saved.
        try:
            found = await self._contents.get(path_of(parts), content=False, require_hash=True)
        except HTTPError:
            return None
        if found["hash"] not in await Saves(store.journal).known(store.path):
            return None
        new = path_of(parts)
        self._log.info("A program moved %s: its document follows it to %s", path, new)
        self._contents.emit({"action": "rename", "path": new, "source_path": path})
        return new

    async def keep(
        self, file_format: str, file_type: str, path: str | None, store: ClassYStore
    ) -> tuple[str, str] | None:
        """Save what was typed into a deleted file, unless the file had it when it was deleted.

        Args:
            file_format: "json" or "text".
            file_type: "notebook", "file", …
            path: where the file was; None if that isn't known.
            store: the document's store.

        Returns:
            The paths of the deleted file and of the copy; None if nothing had to be saved.

        Raises:
            HTTPError: it can't be saved.
            sqlite3.Error: the journal can't be read.
        """
        places, saves = LastPlaces(store.journal, store.path), Saves(store.journal)
        place = await places.last()
        path = path or (place.file if place else UNNAMED.get(file_type, "Deleted.txt"))
        async with store.journal.opening.turn(store.path):
            typed = await self._recovery.typed(file_format, file_type, path, store)
            if typed is None:
                return None
            digest = await self._recovery.digest(typed)
            if digest in await saves.known(store.path):
                return None
            kept = await self._into(await places.mirror(), typed) or await copies.save_beside(
                self._contents, typed, await self._beside(path), copies.TYPED
            )
            await saves.intend(store.path, digest)
        self._log.warning("%s was deleted: the typed text is in %s", path, kept)
        return path, kept

    async def _into(self, mirror: str | None, typed: Model) -> str:
        """Save what was typed in the document's copy; return "" if the copy has other text."""
        if mirror is None or not await threads.run(
            reader.is_there, self._contents.root, parts_of(mirror)
        ):
            return ""
        found = await self._contents.get(
            mirror, type=typed["type"], format=typed["format"], content=True
        )
        if not outcome.words(found["content"]) <= outcome.words(typed["content"]):
            return ""
        await self._contents.save(typed, mirror)
        return mirror

    async def _beside(self, path: str) -> str:
        """Return a path for the copy: the file's folder may be gone as well."""
        folder = str(PurePosixPath(path).parent)
        return path if await self._contents.dir_exists(folder) else PurePosixPath(path).name
