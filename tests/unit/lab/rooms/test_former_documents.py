"""Pages that may not reconnect: what only they have is saved in one file for each document."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_ydoc import ydocs
from jupyter_ydoc.yunicode import YUnicode
from pycrdt import Doc, Text

from classroom.lab.files.contents_manager import ClassContents
from classroom.lab.protocol import messages
from classroom.lab.protocol.messages import SyncUpdate
from classroom.lab.protocol.update_bounds import read_update
from classroom.lab.rooms import former_documents
from classroom.lab.rooms.former_documents import REASONS, FormerDocuments, LostRoom
from classroom.lab.storage.collaboration_sessions import Refusal
from tests import loops

if TYPE_CHECKING:
    from pathlib import Path

assert "file" in ydocs


class Page:
    """A page's copy of a text."""

    def __init__(self, text: str = "", like: Page | None = None) -> None:
        self.document = YUnicode(Doc())
        if like is not None:
            self.document.ydoc.apply_update(like.document.ydoc.get_update())
        else:
            self.document.source = text
            self.document.path = "notes.txt"

    def type(self, text: str) -> None:
        source = self.document.ydoc.get("source", type=Text)
        source += text

    def whole(self) -> SyncUpdate:
        body = self.document.ydoc.get_update()
        return SyncUpdate(body, read_update(body), is_step_2=True)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def contents(tmp_path: Path) -> ClassContents:
    (tmp_path / "files").mkdir()
    return ClassContents(root_dir=str(tmp_path / "files"), scratch=str(tmp_path / "scratch"))


def room(contents: Any, live: str | None = None) -> Any:
    """Return a document's present room; without a live text it has the file's."""

    async def source() -> str:
        assert live is not None
        return live

    return SimpleNamespace(
        kind="file",
        file_kind="file",
        content_format="text",
        file_path="notes.txt",
        store_path=".file:1.y",
        ready=live is not None,
        document=SimpleNamespace(aget=source),
        contents=contents,
    )


def left(contents: Any) -> dict[str, str]:
    return {one.name: one.read_text() for one in contents.root.path.iterdir() if one.is_file()}


async def handed_in(former: FormerDocuments, place: Any, page: Page) -> str:
    taken = former.take(place, page.whole())
    assert taken is not None
    return await former.keep(place, taken)


def test_what_several_pages_have_is_in_one_copy_with_all_their_words(contents: Any) -> None:
    async def run() -> None:
        former, place = FormerDocuments(), room(contents, "of the backup")
        ada = Page("of the backup, and after it")
        bob = Page(like=ada)
        ada.type(" ada")
        bob.type(" bob")
        copy = await handed_in(former, place, ada)
        assert await handed_in(former, place, bob) == copy
        assert await handed_in(former, place, ada) == copy
        (found,) = left(contents).items()
        assert found[0] == copy
        assert "notes (typed until " in copy
        assert {"after", "ada", "bob"} <= set(found[1].split())

    loops.run(run())


@pytest.mark.parametrize("now", ["all of it", "all of it and more"])
def test_a_page_that_has_nothing_more_leaves_no_copy(contents: Any, now: str) -> None:
    async def run() -> None:
        former, page = FormerDocuments(), Page("all of it")
        assert await handed_in(former, room(contents, now), page) == ""
        (contents.root.path / "notes.txt").write_text(now)
        assert await handed_in(former, room(contents), page) == ""
        assert list(left(contents)) == ["notes.txt"]

    loops.run(run())


def test_a_document_that_is_not_there_any_more_is_kept_under_its_own_name(contents: Any) -> None:
    """It was made after the backup, which has neither the file nor its folder."""

    async def run() -> None:
        former, page = FormerDocuments(), Page("new")
        page.document.path = "gone/notes.txt"
        copy = await handed_in(former, LostRoom("text:file:1", contents), page)
        assert copy.startswith("notes (typed until ")
        assert left(contents) == {copy: "new"}

    loops.run(run())


def test_what_a_page_claims_as_its_path_leads_nowhere_else(contents: Any, tmp_path: Path) -> None:
    async def run() -> None:
        former = FormerDocuments()
        for path in ("../out.txt", "/out.txt", "\0", "a" * 300):
            page = Page("mine")
            page.document.path = path
            try:
                await handed_in(former, LostRoom(f"text:file:{path}", contents), page)
            except Exception as error:  # noqa: BLE001 (whichever library rejects it)
                assert "Error" in type(error).__name__  # noqa: PT017 (one of several types)

    loops.run(run())
    assert sorted(one.name for one in tmp_path.iterdir()) == ["files", "scratch"]


def test_the_next_page_is_asked_for_no_more_than_the_first_lacked(contents: Any) -> None:
    async def run() -> None:
        former, place = FormerDocuments(), room(contents, "")
        assert former.state(place) == former_documents.NOTHING
        ada = Page("of both")
        copy = await handed_in(former, place, ada)
        bob = Page(like=ada)
        nothing = bob.document.ydoc.get_update(former.state(place))
        assert nothing == messages.EMPTY
        taken = former.take(place, SyncUpdate(nothing, read_update(nothing), is_step_2=True))
        assert taken is not None
        assert await former.keep(place, taken) == copy
        bob.type(" and bob")
        more = bob.document.ydoc.get_update(former.state(place))
        taken = former.take(place, SyncUpdate(more, read_update(more), is_step_2=True))
        assert taken is not None
        assert await former.keep(place, taken) == copy
        assert left(contents) == {copy: "of both and bob"}

    loops.run(run())


def test_later_pages_make_another_copy_and_no_more_documents_are_remembered(
    contents: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(former_documents, "MOST", 2)

    async def run() -> None:
        clock = Clock()
        former, place = FormerDocuments(clock), room(contents, "")
        first = await handed_in(former, place, Page("one"))
        clock.now += former_documents.KEPT_SECONDS + 1
        assert await handed_in(former, place, Page("two")) != first
        assert sorted(left(contents).values()) == ["one", "two"]
        for number in range(5):
            place.store_path = f".file:{number}.y"
            former.take(place, Page("x").whole())
        assert len(former._formers) == 2

    loops.run(run())


def test_of_other_kinds_there_are_no_copies(contents: Any) -> None:
    place = room(contents)
    place.kind = "chat"
    assert FormerDocuments().take(place, Page("x").whole()) is None


def test_every_refusal_has_a_sentence_that_fits() -> None:
    from classroom.lab.connections import notifications  # noqa: PLC0415

    assert set(REASONS) == set(Refusal)
    for sentence in REASONS.values():
        notifications.closing(sentence)
