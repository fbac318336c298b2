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
"""How old an index may be that doesn't have a cell: so often it is made again at most for one."""


INDEX = "classroom_index"
"""Under which name a document has its index."""


class CellIndex:
    """The code cells of a notebook by their ids: looked up at each output, and by whoever asks.

    It belongs to the document, and knows it only while it looks: what observes a document must
    not hold it, or neither would ever be freed (the observer is pycrdt's, out of Python's sight).
    """

    def __init__(self, document: Any) -> None:
        """Have nothing looked up yet.

        Args:
            document: the notebook's shared one.
        """
        self._cells: dict[str, Any] = {}
        self._made = -STALE_SECONDS
        self._changes = changes = [1]

        def changed(_: Any) -> None:
            """Take note that cells have come or gone."""
            changes[0] += 1

        self._seen = 0
        document.ycells.observe(changed)

    def find(self, document: Any, cell_id: str) -> Any:
        """Find a cell; None when there is none of that id, or it came a moment ago.

        Args:
            document: the one that it was made for.
            cell_id: the cell's.
        """
        found = self._cells.get(cell_id)
        stale = self._seen != self._changes[0]
        if stale and (found is not None or time.monotonic() - self._made >= STALE_SECONDS):
            self._seen, self._made = self._changes[0], time.monotonic()
            self._cells = cell_writer.by_id(document)
            found = self._cells.get(cell_id)
        # Within a cell a page may have changed anything meanwhile.
        return found if found is not None and cell_writer.is_code(found, cell_id) else None


class Notebooks:
    """The notebooks that somebody has open."""

    def __init__(self, app: ServerApp) -> None:
        """Belong to a server, whose extensions may not be loaded yet."""
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
        """Go through the notebooks that a kernel runs cells of: their files' ids and paths."""
        sessions: Any = self._app.session_manager
        files: Any = self._app.web_app.settings["file_id_manager"]
        for named in patches.notebooks_of(sessions, kernel_id):
            path = local_path(named)
            if (ident := files.get_id(path)) is not None:
                yield ident, path

    def open_by(self, kernel_id: str, who: str, cell_id: str) -> list[str]:
        """List the rooms whose notebook a cell may be in that somebody runs.

        None for a kernel of a console, or for somebody who has no live document open: their own
        page shows what comes. None either when it could be two: a copy's cells have the same ids.

        Args:
            kernel_id: that is to run it.
            who: the user's name.
            cell_id: of the cell; its page may not have told of it yet.
        """
        found = []
        for ident, _ in self.of(kernel_id):
            name = room_id_from_encoded_path(encode_file_path("json", "notebook", ident))
            room = self._room(name)
            if room is not None and who in room.people():
                found.append(name)
        having = [name for name in found if self.cell([name], cell_id) is not None]
        return found if len(having) <= 1 else []
