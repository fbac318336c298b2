"""Save open documents before their files are copied, and notify pages of new files."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from classroom.lab.files.directory_entry import parts_of, path_of

if TYPE_CHECKING:
    from jupyter_server_ydoc.app import YDocExtension

    from classroom.lab.files.contents_manager import ClassContents
    from classroom.lab.files.directory_entry import Parts


class LiveFiles:
    """The open files of one lab."""

    def __init__(self, contents: ClassContents, documents: YDocExtension) -> None:
        """Use a contents manager and its documents.

        Args:
            contents: the lab's contents manager.
            documents: upstream's extension, whose rooms may have some of them open.
        """
        self._contents, self._documents = contents, documents
        self.turn = asyncio.Lock()
        """Held while a tutor hands out or collects, one at a time."""

    async def save(self, parts: Parts) -> None:
        """Save the open documents of a folder.

        Args:
            parts: path of the folder, or of one file.
        """
        for room in tuple(self._documents.ywebsocket_server.rooms.values()):
            path = getattr(room, "file_path", None)
            if path is not None and parts_of(path)[: len(parts)] == parts:
                await room.finish()

    def changed(self, parts: Parts) -> None:
        """Emit the event of a save, so that pages show something new.

        Args:
            parts: the folder's path.
        """
        self._contents.emit(data={"action": "save", "path": path_of(parts)})
