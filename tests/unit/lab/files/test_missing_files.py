"""After a crash, moved files are found, and text typed into deleted files is kept."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from pycrdt import Doc, Text

from classroom.lab.files import recovery
from classroom.lab.files.contents_manager import ClassContents
from classroom.lab.files.missing_files import MissingFiles
from classroom.lab.files.recovery import Recovery
from classroom.lab.storage import client_owners, ystore
from classroom.lab.storage.client_owners import Writers
from classroom.lab.storage.journal import Journal
from classroom.lab.storage.last_places import LastPlaces, Place
from classroom.lab.storage.saved_hashes import Saves
from tests import loops

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = ".file:1.y"


class Fallen:
    """A text file, its journal, and the code of a new lab server that handles them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "files"
        self.folder.mkdir()
        self.journal = Journal(folder / "documents.db")
        self.store = ystore.of(self.journal)(NAME)
        self.contents = ClassContents(root_dir=str(self.folder))
        self.contents.saves = self.saves = Saves(self.journal)
        self.places = LastPlaces(self.journal, NAME)
        self.emitted: list[dict[str, Any]] = []

        def emit(data: dict[str, Any]) -> None:
            self.emitted.append(data)

        self.contents.emit = emit  # type: ignore[method-assign]
        log = logging.getLogger("missing")
        self.put_right = Recovery(self.contents, log)
        self.missing = MissingFiles(self.contents, self.put_right, log)
        self._doc: Doc[Any] = Doc()
        self.text: Any = self._doc.get("source", type=Text)

    async def type(self, text: str) -> None:
        """Type text into the document, and write it to the journal."""
        before = self._doc.get_state()
        self.text += text
        await self.store.write(self._doc.get_update(before))

    async def save(self, path: str) -> None:
        """Save the document, as its room does."""
        text = str(self.text)
        (self.folder / path).parent.mkdir(exist_ok=True)
        (self.folder / path).write_text(text)
        digest = await self.put_right.digest(recovery.model("text", "file", text))
        found = (self.folder / path).stat()
        await self.saves.settle(NAME, digest, digest, Place(path, found.st_dev, found.st_ino))

    async def keep(self, path: str | None) -> tuple[str, str] | None:
        return await self.missing.keep("text", "file", path, self.store)


@pytest.fixture
def fallen(tmp_path: Path) -> Iterator[Fallen]:
    found = Fallen(tmp_path)
    yield found
    found.journal.close()


def test_a_file_that_was_moved_before_a_fall_is_found(fallen: Fallen) -> None:
    async def run() -> None:
        await fallen.type("text")
        await fallen.save("a.txt")
        (fallen.folder / "b").mkdir()
        (fallen.folder / "a.txt").rename(fallen.folder / "b/c.txt")
        assert await fallen.missing.find("a.txt", fallen.store) == "b/c.txt"
        assert fallen.emitted[-1] == {
            "action": "rename",
            "path": "b/c.txt",
            "source_path": "a.txt",
        }

    loops.run(run())


def test_a_file_that_is_moved_right_after_it_was_put_right_is_found(fallen: Fallen) -> None:
    """Then it is a different file from the one that was saved before the crash."""

    async def run() -> None:
        await fallen.type("text")
        await fallen.save("a.txt")
        await fallen.type(" typed last")
        found = await fallen.put_right.recover("text", "file", "a.txt", fallen.store)
        assert found.found is not None
        assert found.found["content"] == "text typed last"
        (fallen.folder / "a.txt").rename(fallen.folder / "b.txt")
        assert await fallen.missing.find("a.txt", fallen.store) == "b.txt"

    loops.run(run())


def test_another_file_with_its_number_is_not_it(fallen: Fallen) -> None:
    async def run() -> None:
        assert await fallen.missing.find("a.txt", fallen.store) is None  # nothing is known yet
        await fallen.type("text")
        await fallen.save("a.txt")
        (fallen.folder / "a.txt").rename(fallen.folder / "b.txt")
        (fallen.folder / "b.txt").write_text("of somebody else")
        assert await fallen.missing.find("a.txt", fallen.store) is None
        (fallen.folder / "b.txt").unlink()
        assert await fallen.missing.find("a.txt", fallen.store) is None

    loops.run(run())


def test_what_was_typed_into_a_deleted_file_is_kept_once(fallen: Fallen) -> None:
    async def run() -> None:
        await fallen.type("saved")
        await fallen.save("folder/a.txt")
        (fallen.folder / "folder/a.txt").unlink()
        assert await fallen.keep("folder/a.txt") is None  # the file had all of it
        await fallen.type(" and more")
        kept = await fallen.keep(None)
        assert kept is not None
        old, copy = kept
        assert old == "folder/a.txt"
        assert copy.startswith("folder/a (typed until ")
        assert (fallen.folder / copy).read_text() == "saved and more"
        assert await fallen.keep(None) is None

    loops.run(run())


def test_the_copy_that_it_had_gets_the_rest(fallen: Fallen) -> None:
    async def run() -> None:
        await fallen.type("saved")
        await fallen.save("a.txt")
        (fallen.folder / "a.txt").unlink()
        (fallen.folder / "copy.txt").write_text("saved and")
        await fallen.places.note_mirror("copy.txt")
        await fallen.type(" and more")
        assert await fallen.keep("a.txt") == ("a.txt", "copy.txt")
        assert (fallen.folder / "copy.txt").read_text() == "saved and more"
        # Somebody has changed the copy meanwhile, so it stays unchanged.
        (fallen.folder / "copy.txt").write_text("saved and mine")
        await fallen.type(" still")
        kept = await fallen.keep("a.txt")
        assert kept is not None
        assert kept[1] != "copy.txt"
        assert (fallen.folder / "copy.txt").read_text() == "saved and mine"

    loops.run(run())


def test_what_a_document_said_when_it_was_opened_outlives_a_fall(fallen: Fallen) -> None:
    async def run() -> None:
        assert await fallen.places.opened(b"first") == b"first"
        assert await fallen.places.opened(b"later") == b"first"
        await fallen.places.closed()
        assert await fallen.places.opened(b"x" * 3_000_000) == b"x" * 3_000_000
        assert await fallen.places.opened(b"later") == b"later"
        writers = Writers(fallen.journal, NAME)
        writers.note(1, "ada")
        assert writers._saving is not None
        await writers._saving
        assert await client_owners.names(fallen.journal, NAME) == {"ada"}

    loops.run(run())
