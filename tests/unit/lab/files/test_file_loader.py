"""The lab follows a document's file whenever a program moves it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from tornado.web import HTTPError

from classroom.lab.files.contents_manager import ClassContents
from classroom.lab.files.file_loader import ClassLoader
from classroom.lab.storage import saved_hashes
from classroom.lab.storage.journal import Journal
from classroom.lab.storage.saved_hashes import Saves, Saving
from tests import loops

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = ".file:1.y"
TEXT = {"type": "file", "format": "text"}


class Ids:
    """The file ids of one file."""

    path = "a.txt"

    def get_path(self, _: str) -> str:
        return self.path

    def get_id(self, path: str) -> str | None:
        return "1" if path == self.path else None


class Moving(ClassContents):
    """Moves the file right after each save, as a program may do, or replaces it."""

    moves = False
    replaces = ""

    async def save(self, model: dict[str, Any], path: str = "") -> dict[str, Any]:
        saved = await super().save(model, path)
        folder = self.root.path
        if self.moves:
            (folder / path).rename(folder / "moved.txt")
        if self.replaces:
            (folder / "new.txt").write_text(self.replaces)
            (folder / "new.txt").rename(folder / path)
        return saved


@pytest.fixture
def contents(tmp_path: Path) -> Iterator[Moving]:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/a.txt").write_text("first")
    journal = Journal(tmp_path / "documents.db")
    made = Moving(root_dir=str(tmp_path / "files"))
    made.saves = Saves(journal)
    yield made
    journal.close()


def test_a_file_that_is_moved_right_after_it_was_saved_is_found(contents: Moving) -> None:
    async def run() -> None:
        loader = ClassLoader("1", Ids(), contents, logging.getLogger("loader"))  # type: ignore[no-untyped-call,unused-ignore]
        renamed: list[Any] = []
        contents.emit = lambda data: renamed.append(data)  # type: ignore[method-assign]  # noqa: PLW0108
        await loader.load_content("text", "file")
        contents.moves = True
        with saved_hashes.saving_of(Saving(NAME)):
            assert await loader.maybe_save_content({**TEXT, "content": "typed"}) is not None
            assert await loader.maybe_save_content({**TEXT, "content": "typed on"}) is None
        assert loader.is_gone
        assert await loader.moves.follow() == "moved.txt"
        assert renamed[-1] == {"action": "rename", "path": "moved.txt", "source_path": "a.txt"}

    loops.run(run())


def test_another_file_in_its_place_is_not_followed(contents: Moving, tmp_path: Path) -> None:
    async def run() -> None:
        loader = ClassLoader("1", Ids(), contents, logging.getLogger("loader"))  # type: ignore[no-untyped-call,unused-ignore]
        await loader.load_content("text", "file")
        contents.moves = True
        with saved_hashes.saving_of(Saving(NAME)):
            await loader.maybe_save_content({**TEXT, "content": "typed"})
        (tmp_path / "files/moved.txt").write_text("of somebody else")
        assert await loader.moves.follow() is None
        with pytest.raises(HTTPError):
            await loader.stamp()

    loops.run(run())


def test_a_file_that_is_replaced_right_after_it_was_saved_is_the_programs(
    contents: Moving,
) -> None:
    """Upstream took its hash for the hash of what the lab had written, and overwrote it."""

    async def run() -> None:
        loader = ClassLoader("1", Ids(), contents, logging.getLogger("loader"))  # type: ignore[no-untyped-call,unused-ignore]
        await loader.load_content("text", "file")
        contents.replaces = "a program's"
        with saved_hashes.saving_of(Saving(NAME)):
            assert await loader.maybe_save_content({**TEXT, "content": "typed"}) is not None
            contents.replaces = ""
            assert await loader.maybe_save_content({**TEXT, "content": "typed on"}) is None
            assert loader.is_changed
            assert not await loader.is_ours()
        assert (contents.root.path / "a.txt").read_text() == "a program's"

    loops.run(run())
