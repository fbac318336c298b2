"""A page's changes of a document's own state: removed, except what pages may note there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from jupyter_ydoc import YNotebook
from pycrdt import Array, Doc, Map, Text

from classroom.lab.protocol.update_bounds import read_update
from classroom.lab.rooms.update_admission import Admission

if TYPE_CHECKING:
    from collections.abc import Callable

ROOM = "json:notebook:1"
TRUE = {"path": "one.ipynb", "hash": "abc", "document_id": ROOM, "dirty": False}


class Copy:
    """A page's copy of a document."""

    def __init__(self, lab: YNotebook) -> None:
        self.doc: Doc[Any] = Doc()
        self.doc.apply_update(lab.ydoc.get_update())
        self.state = self.doc.get("state", type=Map)
        self.cells = self.doc.get("cells", type=Array)
        self.told: list[bytes] = []
        self.watching = self.doc.observe(lambda event: self.told.append(event.update))


@pytest.fixture
def lab() -> YNotebook:
    found = YNotebook()
    for key, value in TRUE.items():
        found.ystate[key] = value
    found.ycells.append(Map({"cell_type": "code", "source": Text("x"), "id": "a"}))
    return found


def write(lab: YNotebook, *changes: Callable[[Copy], Any]) -> list[bytes]:
    """Have a page change the document; return the updates for the other pages."""
    page, sent = Copy(lab), []
    watching = lab.ydoc.observe(lambda event: sent.append(event.update))
    admission = Admission(lab.ydoc, room_id=ROOM)
    for change in changes:
        page.told.clear()
        change(page)
        for update in page.told:
            admission.take(update, read_update(update))
    lab.ydoc.unobserve(watching)
    return sent


def put(key: str, value: Any) -> Callable[[Copy], Any]:
    return lambda page: page.state.__setitem__(key, value)


@pytest.mark.parametrize("key", ["path", "hash", "document_id", "else"])
@pytest.mark.parametrize("value", ["two.ipynb", "../../hub/logout", 5, None, [1], Map({})])
def test_a_page_changes_nothing_that_the_lab_says(lab: YNotebook, key: str, value: Any) -> None:
    value = Map({"a": Map({"b": 1})}) if isinstance(value, Map) else value
    once = put(key, value)
    again = put(key, "three.ipynb")
    sent = write(lab, once, again, lambda page: page.cells[0]["source"].insert(0, "y"))
    assert lab.ystate.to_py() == TRUE
    other: Doc[Any] = Doc()
    heard: list[Any] = []
    other.get("state", type=Map).observe(lambda event: heard.append(event.keys))
    for update in sent:
        other.apply_update(update)
    assert heard == []
    assert str(lab.ycells[0]["source"]) == "yx"


@pytest.mark.parametrize("value", ["x", 5, None, [1]])
def test_a_document_is_dirty_or_not(lab: YNotebook, value: Any) -> None:
    write(lab, put("dirty", value))
    assert lab.ystate.to_py() == {key: TRUE[key] for key in TRUE if key != "dirty"}


def test_not_even_to_what_is_there(lab: YNotebook) -> None:
    """A page that receives an unchanged path forgets where it saves to."""
    sent = write(lab, put("path", "one.ipynb"))
    assert not any(b"one.ipynb" in update for update in sent)


@pytest.mark.parametrize("key", ["path", "hash"])
def test_a_page_deletes_nothing_that_the_lab_says(lab: YNotebook, key: str) -> None:
    def change(page: Copy) -> None:
        with page.doc.transaction():
            del page.state[key]
            del page.cells[0]
            page.state["dirty"] = True

    write(lab, change)
    assert lab.ystate.to_py() == {**TRUE, "dirty": True}
    assert len(lab.ycells) == 0


def test_what_the_lab_has_said_since_is_kept_too(lab: YNotebook) -> None:
    Admission(lab.ydoc, room_id=ROOM)
    lab.ystate["hash"] = "new"
    write(lab, lambda page: page.state.clear())
    assert lab.ystate.to_py() == {"path": "one.ipynb", "hash": "new", "document_id": ROOM}


def test_a_page_notes_that_there_is_something_to_save(lab: YNotebook) -> None:
    write(lab, put("dirty", value=True), put("document_id", ROOM))
    assert lab.ystate.to_py() == {**TRUE, "dirty": True}
    write(lab, put("dirty", value=False))
    assert lab.ystate.to_py() == TRUE


def test_a_page_that_comes_back_tells_all_it_knows(lab: YNotebook) -> None:
    """The lab keeps the document's state, but accepts the typed words of the same update."""
    page = Copy(lab)
    page.state["dirty"] = True
    page.cells[0]["source"].insert(0, "y")
    lab.ystate["hash"] = "new"
    lab.ystate["dirty"] = False
    whole = page.doc.get_update()
    Admission(lab.ydoc, room_id=ROOM).take(whole, read_update(whole))
    assert lab.ystate["hash"] == "new"
    assert lab.ystate["path"] == "one.ipynb"
    assert str(lab.ycells[0]["source"]) == "yx"
