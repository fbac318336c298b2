"""The open documents that pages are told about, and the people in them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from classroom.lab.people.open_documents import FACES, MOST, OpenDocuments
from classroom.lab.rooms.hooks import Hooks
from tests.page_messages import problems

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(eq=False)
class Page:
    """A page in a document's room."""

    who: str
    path: str
    room_id: str = ""
    identity: Mapping[str, Any] = field(default_factory=dict)
    clients: frozenset[int] = frozenset()
    room: Any = None

    def __post_init__(self) -> None:
        self.room_id = self.room_id or f"json:notebook:{self.path}"
        self.room = SimpleNamespace(file_path=self.path)

    def fitting(self, _: object) -> bytes:
        raise NotImplementedError


def entered(*pages: Page) -> OpenDocuments:
    hooks, documents = Hooks(), OpenDocuments()
    documents.use(hooks)
    for page in pages:
        hooks.of(page.room_id).connected(page)
    assert problems(json.dumps(documents.message()), "ServerMessage") == []
    return documents


def listed(documents: OpenDocuments) -> list[tuple[str, list[str]]]:
    return [(one["path"], one["people"]) for one in documents.message()["documents"]]


def test_each_person_is_in_a_document_once_however_many_pages_they_have() -> None:
    first, second = Page("ada", "a.ipynb"), Page("ada", "a.ipynb")
    documents = entered(first, second, Page("grace", "a.ipynb"), Page("ada", "b.ipynb"))
    assert listed(documents) == [("a.ipynb", ["ada", "grace"]), ("b.ipynb", ["ada"])]
    documents.disconnected(first)
    assert listed(documents)[0] == ("a.ipynb", ["ada", "grace"])
    documents.disconnected(second)
    documents.disconnected(second)
    assert listed(documents)[0] == ("a.ipynb", ["grace"])


def test_a_document_that_all_have_left_is_open_no_more() -> None:
    page = Page("ada", "a.ipynb")
    documents = entered(page)
    documents.disconnected(page)
    assert listed(documents) == []


def test_who_comes_or_goes_is_told_of() -> None:
    documents = OpenDocuments()
    told = []
    documents.changed = lambda: told.append(listed(documents))
    page = Page("ada", "a.ipynb")
    documents.connected(page)
    documents.disconnected(page)
    assert told == [[("a.ipynb", ["ada"])], []]


def test_a_file_that_is_open_as_two_kinds_is_one_document() -> None:
    as_text = Page("grace", "a.ipynb", "text:file:a.ipynb")
    assert listed(entered(Page("ada", "a.ipynb"), as_text)) == [("a.ipynb", ["ada", "grace"])]


def test_chats_hidden_files_layouts_and_who_is_in_the_lab_are_no_documents() -> None:
    assert not listed(
        entered(
            Page("ada", "Classroom.chat", "text:chat:1"),
            Page("ada", "", "JupyterLab:globalAwareness"),
            Page("ada", ".secret/a.ipynb"),
            Page("ada", "../a.ipynb"),
            Page("ada", "a.jupyterlab-workspace", "text:file:2"),
        )
    )


def test_a_moved_document_is_listed_where_it_is_now() -> None:
    page = Page("ada", "a.ipynb")
    documents = entered(page)
    page.room.file_path = "week-2/a.ipynb"
    assert listed(documents) == [("week-2/a.ipynb", ["ada"])]


def test_the_list_has_an_end_and_begins_where_most_are() -> None:
    crowd = [Page(f"p{number:02}", "crowd.ipynb") for number in range(FACES + 3)]
    alone = [Page("ada", f"{number:03}.ipynb") for number in range(MOST + 5)]
    found = entered(*crowd, *alone).message()["documents"]
    assert len(found) == MOST
    assert (found[0]["path"], len(found[0]["people"])) == ("crowd.ipynb", FACES)
    assert found[0]["count"] == FACES + 3


def test_while_nothing_changes_the_message_is_the_same_object() -> None:
    page = Page("ada", "a.ipynb")
    documents = entered(page)
    before = documents.message()
    assert documents.message() is before
    documents.disconnected(page)
    assert documents.message() is not before
