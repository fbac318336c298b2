"""Prepare a document while its room opens it, before anybody may read or write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classroom.lab.files import recovery
from classroom.lab.protocol import kernel_outputs
from classroom.lab.protocol.update_bounds import read_state, write_state
from classroom.lab.rooms.outside_changes import KEPT
from classroom.lab.storage.ystore import ClassYStore
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from classroom.lab.files.file_loader import ClassLoader, Model


class DocumentOpening:
    """One opening of one document. For one event loop."""

    def __init__(
        self, document: Any, file: ClassLoader, store: Any, content_format: str, kind: str
    ) -> None:
        """Use a document, its file and its store.

        Args:
            document: a document of jupyter_ydoc.
            file: the document's file.
            store: the document's store, of any class; None without one.
            content_format: the file's format, "json" or "text".
            kind: the document's type, "notebook", "file" or another.
        """
        self._document, self._file, self._store = document, file, store
        self._format, self._kind = content_format, kind

    async def recovered(self) -> Model | None:
        """Recover the file after a crash: write what the journal has and the file lacks.

        Returns:
            The file's model as the recovery read it; None if that isn't known.

        Raises:
            HTTPError: the file can't be read or written.
            sqlite3.Error: the journal can't be read.
        """
        if self._file.saves is None or self._store is None:
            return None
        return await recovery.even_if_moved(self._recover)

    async def _recover(self) -> Model | None:
        await self._file.moves.find_again(self._store, self._file.recovery)
        recovered = await self._file.recovery.recover(
            self._format, self._kind, self._file.path, self._store
        )
        if recovered.kept:
            self._file.kept.append(gettext(KEPT).format(copy=recovered.kept))
        return recovered.found

    def keep_what_came_first(self) -> None:
        """Store in the journal what the lab wrote before it observed the document.

        That is the file's path, and the repairs of cells. The lab's later updates build on these:
        without them the journal would have a gap.
        """
        if isinstance(self._store, ClassYStore):
            document = self._document.ydoc
            state = read_state(document.get_state())
            if state.pop(document.client_id, 0):
                self._store.append(document.get_update(write_state(state)))

    def correct(self) -> None:
        """Correct the file's path and the state of cells, which come from the journal.

        The path may be outdated, or written by a page. No cell runs any more that ran when the
        server ended.
        """
        if self._document.path != self._file.last_path:
            self._document.path = self._file.last_path
        for cell in getattr(self._document, "ycells", ()):
            if cell.get("execution_state") == kernel_outputs.RUNNING:
                cell["execution_state"] = kernel_outputs.IDLE
