"""The live notebooks, and which of them a kernel belongs to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from jupyter_server_ydoc.utils import encode_file_path, room_id_from_encoded_path
from jupyter_ydoc.ynotebook import YNotebook

from classroom.lab.execution import cell_writer
from classroom.lab.execution.kernel_session_paths import local_path
from classroom.lab.rooms.broadcast_mixin import Broadcasting
from classroom.lab.upstream import patches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_server.serverapp import ServerApp

    from classroom.lab.rooms.growth import Growth

YDOC = "jupyter_server_ydoc"


STALE_SECONDS = 0.25
"""Fewest seconds between two updates of an index because it lacks a cell."""


INDEX = "classroom_index"
"""The attribute of a document that holds its index."""


class CellIndex:
    """The code cells of a notebook by their ids, for a lookup at each output.

    The document owns it, and it holds no reference to the document. An observer with such a
    reference would keep both in memory, because Python can't see pycrdt's list of observers.
    """

    def __init__(self, document: Any) -> None:
        """Start without cells.

        Args:
            document: the notebook's shared document.
        """
        self._cells: dict[str, Any] = {}
        self._made = -STALE_SECONDS
        self._changes = changes = [1]

        def changed(_: Any) -> None:
            """Record that cells have come or gone."""
            changes[0] += 1

        self._seen = 0
        document.ycells.observe(changed)

    def find(self, document: Any, cell_id: str) -> Any:
        """Find a cell; None if there is none of that id, or it came a moment ago.

        Args:
            document: the document of this index.
            cell_id: the cell's id.
        """
        found = self._cells.get(cell_id)
        stale = self._seen != self._changes[0]
        if stale and (found is not None or time.monotonic() - self._made >= STALE_SECONDS):
            self._seen, self._made = self._changes[0], time.monotonic()
            self._cells = cell_writer.by_id(document)
            found = self._cells.get(cell_id)
        # A page may have changed anything in the cell meanwhile.
        return found if found is not None and cell_writer.is_code(found, cell_id) else None


class Notebooks:
    """The notebooks that somebody has open."""

    def __init__(self, app: ServerApp) -> None:
        """Use a server, whose extensions may not be loaded yet."""
        self._app = app

    def _room(self, name: str) -> Any:
        """Return a room of ours that holds a notebook; None for anything else."""
        (ydoc,) = self._app.extension_manager.extension_apps[YDOC]
        room = ydoc.ywebsocket_server.rooms.get(name)
        document = getattr(room, "_document", None)
        return room if isinstance(room, Broadcasting) and isinstance(document, YNotebook) else None

    def _find(self, rooms: Sequence[str], cell_id: str) -> tuple[Any, Any]:
        """Find a cell and its room; None and None when it is in none of these rooms."""
        for name in rooms:
            if (room := self._room(name)) is None:
                continue
            document = room._document  # noqa: SLF001 (upstream has no other)
            if (index := vars(document).get(INDEX)) is None:
                vars(document)[INDEX] = index = CellIndex(document)
            if (found := index.find(document, cell_id)) is not None:
                return room, found
        return None, None

    def cell(self, rooms: Sequence[str], cell_id: str) -> Any:
        """Find a cell; None when it is in none of these rooms."""
        return self._find(rooms, cell_id)[1]

    def growth(self, rooms: Sequence[str], cell_id: str) -> Growth | None:
        """Return how large a cell's notebook has become; None when it is in none of these rooms."""
        found: Growth | None = getattr(self._find(rooms, cell_id)[0], "growth", None)
        return found

    def of(self, kernel_id: str) -> Iterator[tuple[str, str]]:
        """Iterate over the notebooks of a kernel: their files' ids and paths."""
        sessions: Any = self._app.session_manager
        files: Any = self._app.web_app.settings["file_id_manager"]
        for named in patches.notebooks_of(sessions, kernel_id):
            path = local_path(named)
            if (ident := files.get_id(path)) is not None:
                yield ident, path

    def open_by(self, kernel_id: str, who: str, cell_id: str) -> list[str]:
        """List the rooms of the notebooks that may contain a cell that a person runs.

        The list is empty for a console's kernel, or for a person without an open live document:
        their own page shows the outputs. It is also empty if two notebooks have the cell, because
        the cells of a copy have the same ids.

        Args:
            kernel_id: the kernel that will run it.
            who: the user's name.
            cell_id: the cell's id; the page may not have sent the cell yet.
        """
        found = []
        for ident, _ in self.of(kernel_id):
            name = room_id_from_encoded_path(encode_file_path("json", "notebook", ident))
            room = self._room(name)
            if room is not None and who in room.people():
                found.append(name)
        having = [name for name in found if self.cell([name], cell_id) is not None]
        return found if len(having) <= 1 else []
