"""Follow a document's file when a program moves it. For one event loop."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from classroom.lab.files.directory_entry import path_of
from classroom.lab.files.missing_files import MissingFiles

if TYPE_CHECKING:
    from logging import Logger

    from classroom.lab.files.recovery import Recovery
    from classroom.lab.files.whereabouts import Whereabouts
    from classroom.lab.storage.ystore import ClassYStore

RENAME_SECONDS = 2.0
"""How long the file ids may take to learn a new path, which they do in separate tasks."""


class DocumentMoves:
    """The moves of one document's file."""

    def __init__(
        self, file_id: str, ids: Any, contents: Any, whereabouts: Whereabouts, log: Logger
    ) -> None:
        """Follow one file.

        Args:
            file_id: the file's id.
            ids: the file ids, jupyter_server_fileid's.
            contents: the contents manager.
            whereabouts: the file's whereabouts.
            log: the lab's.
        """
        self._file_id, self._ids, self._contents = file_id, ids, contents
        self._whereabouts, self._log = whereabouts, log

    async def find_again(self, store: ClassYStore, recovery: Recovery) -> None:
        """Find the file if a program has moved it while no room was open.

        Args:
            store: the document's store, which knows where the file was last.
            recovery: reads the document's content, to tell its file from others.

        Raises:
            sqlite3.Error: the journal can't be read.
        """
        path = self._ids.get_path(self._file_id)
        is_ours = self._whereabouts.root is not None
        if not is_ours or path is None or await self._contents.file_exists(path):
            return
        missing = MissingFiles(self._contents, recovery, self._log)
        if (found := await missing.find(path, store)) is None:
            return
        end = time.monotonic() + RENAME_SECONDS
        while self._ids.get_path(self._file_id) != found and time.monotonic() < end:  # noqa: ASYNC110 (the file ids send no event)
            await asyncio.sleep(0.01)

    async def follow(self) -> str | None:
        """Find where a program has moved the file, and update its path for everybody.

        Returns:
            Its new path; None if it isn't in the class's folders any more, or if another document
            has been opened from it there.
        """
        old = self._ids.get_path(self._file_id)
        if old is None or (found := await self._whereabouts.search()) is None:
            return None
        if self._ids.get_id(new := path_of(found)) is not None:
            return None
        self._log.info("A program moved %s: its document follows it to %s", old, new)
        # The event updates everything that records paths, as after a rename in a page.
        self._contents.emit({"action": "rename", "path": new, "source_path": old})
        return new
