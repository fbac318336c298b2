"""The journal comes before the file: a file's content is in the journal on disk, letter by letter.

At the next start, a file that the lab itself has written counts as outdated if the journal differs,
and gets the journal's content.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_events import EventLogger
from jupyter_server_fileid.manager import ArbitraryFileIdManager
from pycrdt import Doc, Text

from classroom.lab.files import atomic_write
from classroom.lab.files.contents_manager import ClassContents
from classroom.lab.files.file_loader import ClassLoader
from classroom.lab.rooms.document_room import ClassDocumentRoom
from classroom.lab.storage import ystore
from classroom.lab.storage.journal import Journal
from classroom.lab.storage.saved_hashes import Saves
from tests import loops

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOG = logging.getLogger(__name__)
LETTERS = "what is typed while it is saved"


class Place:
    """A folder with one document, and its journal."""

    def __init__(self, folder: Path) -> None:
        (folder / "files").mkdir()
        self.file = folder / "files/a.txt"
        self.file.write_text("")
        self.database = folder / "documents.db"
        self.journal = Journal(self.database)
        self.folder = folder
        self.behind: list[tuple[str, str]] = []
        """What was written to the file, and the journal's content at that time, if they differ."""
        self.written = 0

    def room(self) -> Any:
        """Open the document in a room."""
        root = str(self.file.parent)
        manager = ClassContents(root_dir=root)
        ids = ArbitraryFileIdManager(root_dir=root, db_path=str(self.folder / "ids.db"))
        ident = ids.index("a.txt")
        kept = ystore.of(self.journal)(f".file:{ident}.y")
        manager.saves = Saves(kept.journal)
        loader = ClassLoader(ident, ids, manager, LOG)
        name = f"text:file:{ident}"
        events = EventLogger()
        return ClassDocumentRoom(name, "text", "file", loader, events, kept, LOG, save_delay=0.05)

    def replaced(self, data: bytes) -> None:
        """Compare the content that is being written to the file with the journal's."""
        doc: Doc[Any] = Doc()
        with closing(sqlite3.connect(self.database)) as database:
            for (update,) in database.execute("SELECT yupdate FROM yupdates ORDER BY rowid"):
                doc.apply_update(update)
        self.written += 1
        told = str(doc.get("source", type=Text))
        if told != data.decode():
            self.behind.append((data.decode(), told))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    made = Place(tmp_path)
    write = atomic_write.write

    def watched(root: Any, parts: Any, data: bytes, *more: Any, **how: Any) -> None:
        made.replaced(data)
        write(root, parts, data, *more, **how)

    monkeypatch.setattr(atomic_write, "write", watched)
    yield made
    made.journal.close()


def test_a_letter_that_comes_as_its_file_is_saved(place: Place) -> None:
    async def run() -> None:
        room = place.room()
        running = asyncio.create_task(room.start())
        await room.started.wait()
        await room.initialize()
        text, letters = room.ydoc.get("source", type=Text), iter(LETTERS)
        read = room._document.aget

        async def aget() -> Any:
            # As late as possible: it is saved with the rest, and has only just arrived.
            for _ in range(3):
                text.insert(len(text), next(letters, ""))
            return await read()

        room._document.aget = aget
        text += "typed: "
        await loops.until(lambda: place.file.read_text() == f"typed: {LETTERS}")
        await room.stop()
        running.cancel()

    loops.run(run())
    assert place.file.read_text() == f"typed: {LETTERS}"
    assert place.written > 5
    assert place.behind == []
