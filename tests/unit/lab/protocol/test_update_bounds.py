"""The lab accepts every update that a page can write, and rejects those that no page writes."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyter_ydoc import YNotebook
from pycrdt import Array, Doc, Map, Text, UndoManager

from classroom.lab.connections.cpu_budget import CpuBudget, TooMuchError
from classroom.lab.protocol import document_index, messages, update_bounds
from classroom.lab.protocol.lib0 import DEPTH, OutOfBoundsError
from classroom.lab.protocol.messages import SyncUpdate
from classroom.lab.protocol.update_bounds import read_state, read_update
from classroom.lab.rooms import update_admission
from classroom.lab.rooms.update_admission import Admission
from classroom.lab.storage import document_indexes
from tests import loops, updates

NOTEBOOK = {
    "cells": [
        {"cell_type": "code", "id": "a", "source": "print(1)", "metadata": {}, "outputs": []},
        {"cell_type": "markdown", "id": "b", "source": "é 😀", "metadata": {"x": [1, {"y": None}]}},
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def opened() -> Any:
    notebook = YNotebook()
    notebook.set(NOTEBOOK)
    return notebook


def send(page: Admission, message: bytes) -> None:
    """Have the lab handle a message as its socket does."""
    found = messages.parse(message)
    if isinstance(found, SyncUpdate):
        page.take(found.body, found.content)


DOCUMENTS = {what: one for what, one in updates.BREAKING.items() if "presence" not in what}


@pytest.mark.parametrize("what", DOCUMENTS)
def test_what_no_page_sends_is_refused(what: str) -> None:
    notebook = opened()
    before = notebook.ydoc.get_update()
    with pytest.raises(OutOfBoundsError):
        send(Admission(notebook.ydoc), DOCUMENTS[what])
    assert notebook.ydoc.get_update() == before


def test_nobody_writes_in_the_labs_own_name() -> None:
    notebook = opened()
    mine = notebook.ydoc.client_id
    body = updates.update(
        [updates.struct(7, b"\x01", "cells")], mine, read_state(notebook.ydoc.get_state())[mine]
    )
    with pytest.raises(OutOfBoundsError):
        Admission(notebook.ydoc).take(body, read_update(body))


@pytest.mark.parametrize("make", [updates.in_lists, updates.in_maps, updates.in_types])
def test_the_depth_is_what_it_says(make: Any) -> None:
    page = Admission(Doc())
    page.take(make(DEPTH), read_update(make(DEPTH)))
    with pytest.raises(OutOfBoundsError):
        send(page, updates.write(make(DEPTH + 1)))


def test_a_chain_of_types_has_the_same_depth_however_it_is_sent() -> None:
    page = Admission(Doc())
    for level in range(DEPTH + 1):
        above: Any = (9, level - 1) if level else "mine"
        body = updates.update([updates.struct(7, b"\x00", above)], 9, level)
        if level == DEPTH:
            with pytest.raises(OutOfBoundsError):
                page.take(body, read_update(body))
        else:
            page.take(body, read_update(body))


def test_what_comes_too_early_waits_and_not_any_amount_of_it() -> None:
    document: Doc[Any] = Doc()
    page: Doc[Any] = Doc()
    told: list[bytes] = []
    page.observe(lambda event: told.append(event.update))
    text = page.get("source", type=Text)
    for letter in "abcdef":
        text += letter
    lab = Admission(document)
    for update in reversed(told):
        lab.take(update, read_update(update))
    assert str(document.get("source", type=Text)) == "abcdef"
    body = updates.update([updates.struct(4, updates.text("x" * 400_000), "source")], 5, 10)
    lab.take(body, read_update(body))
    lab.take(body, read_update(body))
    with pytest.raises(OutOfBoundsError):
        lab.take(body, read_update(body))


def test_as_much_as_people_have_in_a_notebook_is_admitted() -> None:
    notebook = opened()
    lab = Admission(notebook.ydoc)
    page: Doc[Any] = Doc()
    told: list[bytes] = []
    page.apply_update(notebook.ydoc.get_update())
    page.observe(lambda event: told.append(event.update))
    cells = page.get("cells", type=Array)
    cells[0]["source"].insert(0, "x" * 5_000_000)
    cells[1]["source"].insert(0, "😀" * 500_000)
    output = {"output_type": "display_data", "metadata": {}, "data": {}}
    picture = {"image/png": "A" * 5_000_000, "application/json": [0.5] * 200_000}
    cells[0]["outputs"].append(Map({**output, "data": picture}))
    for update in told:
        lab.take(update, read_update(update))
    assert notebook.get()["cells"] == YNotebook(page).get()["cells"]


def place(source: Any, at: int) -> int:
    """Return a position in a text between two characters, in bytes as pycrdt counts."""
    text = str(source)
    return len(text[: at % (len(text) + 1)].encode())


def test_structs_that_all_conflict_are_bounded() -> None:
    """Each is compared with all others: a few megabytes of them would take minutes."""
    document: Doc[Any] = Doc()
    lab = Admission(document)
    count = 120_000
    send(lab, updates.write(updates.update([updates.struct(4, updates.text("x" * count), "t")])))
    structs = [updates.struct(4, b"\x01y", right=(1, count - 1 - at)) for at in range(count)]
    body = updates.update(structs, 2)
    begun = time.thread_time()
    with pytest.raises(TooMuchError):
        lab.take(body, read_update(body))
    assert time.thread_time() - begun < 5 * update_admission.LONGEST_SECONDS
    taken = read_state(document.get_state())[2]
    assert 0 < taken < count, "a part of it is applied"
    with pytest.raises(TooMuchError):
        lab.take(body, read_update(body))
    assert read_state(document.get_state())[2] > taken, "and more when it comes again"
    taken = read_state(document.get_state())[2]
    later = updates.update([updates.struct(4, b"\x01z", origin=(2, taken - 1))], 3)
    lab.take(later, read_update(later))
    send(lab, updates.write(updates.update(structs[:10], 4)))


def test_thousands_of_cells_are_pasted_removed_and_brought_back() -> None:
    notebook = opened()
    lab = Admission(notebook.ydoc)
    page: Doc[Any] = Doc()
    page.apply_update(notebook.ydoc.get_update())
    cells = page.get("cells", type=Array)
    undo = UndoManager(scopes=[cells], capture_timeout_millis=0)
    told: list[bytes] = []
    page.observe(lambda event: told.append(event.update))
    made = {"cell_type": "code", "execution_count": None, "execution_state": "idle"}
    with page.transaction():
        cells.extend(
            Map(
                {
                    **made,
                    "id": f"{number}",
                    "source": Text(f"{number}"),
                    "metadata": Map({"tags": ["a"]}),
                    "outputs": Array([]),
                }
            )
            for number in range(5000)
        )
    del cells[1:4000]
    undo.undo()
    assert len(cells) == 5002
    undo.undo()
    undo.redo()
    assert len(told) == 5
    for update in told:
        lab.take(update, read_update(update))
    assert notebook.ycells.to_py() == cells.to_py()


def a_chain(count: int) -> bytes:
    """Return an update with this number of clients, each of which builds on the next one."""
    some = [
        updates.struct(8, b"\x01\x7e", origin=(client + 1, 0)) for client in range(1, count)
    ] + [updates.struct(8, b"\x01\x7e", "cells")]
    each = [b"\x01" + updates.ident((at, 0)) + one for at, one in enumerate(some, start=1)]
    return updates.uint(count) + b"".join(each) + b"\x00"


def test_a_chain_of_clients_is_judged_in_a_moment() -> None:
    """Each builds on the next: going through all of them for each one would take minutes."""
    count = 60_000
    update = read_update(a_chain(count))
    begun = time.thread_time()
    with pytest.raises(OutOfBoundsError, match="too many pages"):
        Admission(Doc()).judge(b"", update)
    assert time.thread_time() - begun < 1
    Admission(Doc()).take(a_chain(1000), read_update(a_chain(1000)))
    begun = time.thread_time()
    Admission(Doc(), new_clients=count).judge(b"", update)
    assert time.thread_time() - begun < 10


def test_few_updates_wait_for_what_they_build_on() -> None:
    """Each is tried again whenever another arrives: thousands of them would take minutes."""
    lab = Admission(Doc())
    some = [
        updates.update([updates.struct(4, b"\x01x", origin=(1, clock - 1))], 1, clock)
        for clock in range(update_admission.MOST_WAITING + 1, 0, -1)
    ]
    for body in some[:-1]:
        lab.take(body, read_update(body))
    with pytest.raises(OutOfBoundsError):
        lab.take(some[-1], read_update(some[-1]))


def nested(levels: int) -> Any:
    found: Any = 1
    for _ in range(levels):
        found = [found]
    return found


def test_a_document_with_anything_in_it_is_opened_and_written_to() -> None:
    """No page is to blame for existing content, so it must not keep people out."""

    async def main() -> None:
        notebook = opened()
        notebook.ycells[0]["metadata"]["k" * 100_000] = nested(80)
        notebook.ydoc.get("source", type=Text).insert_embed(0, nested(80))
        await document_indexes.prepare(notebook.ydoc)
        assert document_indexes.of(notebook.ydoc).is_prepared
        person = Person(notebook)
        person.cells[0]["metadata"]["more"] = 1
        notebook.ycells[0]["outputs"].append(Map({"data": nested(200)}))
        person.doc.apply_update(notebook.ydoc.get_update())
        person.cells[0]["outputs"].append(Map({"output_type": "error"}))
        person.told = [person.told[0], person.told[-1]]
        person.send()
        assert notebook.ycells[0]["metadata"]["more"] == 1
        assert len(notebook.ycells[0]["outputs"]) == 2

    loops.run(main())


def test_what_the_lab_writes_is_read_when_somebody_builds_on_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[int] = []
    original = update_bounds.read_update

    def counted(update: bytes, **more: Any) -> Any:
        read.append(len(update))
        return original(update, **more)

    monkeypatch.setattr(document_index, "read_update", counted)
    notebook = opened()
    notebook.undo_manager.include_origin("nobody")  # as a room does
    person = Person(notebook)
    person.act("type", 1)
    person.send()
    read.clear()
    outputs = notebook.ycells[0]["outputs"]
    for _ in range(3000):  # like a plot that is drawn again and again
        outputs.append(Map({"output_type": "display_data", "data": {"image/png": "A" * 4000}}))
        del outputs[:]
    person.act("type", 2)
    person.send()
    assert not read, "who types elsewhere doesn't wait for it"
    outputs.append(Map({"output_type": "stream", "text": Text("a")}))
    person.doc.apply_update(notebook.ydoc.get_update())
    person.told.clear()
    person.cells[0]["outputs"][0]["text"] += "b"
    person.send()
    assert len(read) == 1
    assert read[0] < 200_000, "of what is gone nothing"
    assert person.admission.excused() > 0
    with pytest.raises(OutOfBoundsError):
        send(person.admission, updates.write(updates.in_types(5000)))
    body = updates.update([updates.struct(4, b"\x01x", origin=(99, 7))], 98)
    person.admission.take(body, read_update(body))
    assert len(read) == 1, "what isn't there isn't looked for in the whole document"


def test_an_index_doesn_t_grow_with_what_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_indexes, "GROWN", 2000)

    async def main() -> None:
        notebook = opened()
        followed = document_indexes.of(notebook.ydoc)
        await document_indexes.prepare(notebook.ydoc)
        person = Person(notebook)
        for number in range(1500):
            person.act("print", number)
            person.send()
            del person.cells[0]["outputs"][:]
            person.send()
            if followed.is_overgrown:
                building = asyncio.ensure_future(document_indexes.prepare(notebook.ydoc))
                await asyncio.sleep(0)
                person.act("type", number)
                person.send()
                notebook.ycells[1]["metadata"]["x"] = number
                await building
        assert followed.index.size < 6000
        person.act("set", 1)
        person.come_back()
        person.come_back()
        assert person.cells.to_py() == notebook.ycells.to_py()

    loops.run(main())


@pytest.mark.parametrize(
    "body",
    [
        updates.update(
            [], deletes=updates.values(b"\x01" + updates.values(*[b"\x01\x01"] * 200_001))
        ),
        updates.update([updates.struct(8, updates.values(*[b"\x7e"] * 2_000_001), "cells")]),
        updates.update([updates.struct(8, b"\x01\x7e", "cells")] * 200_001),
    ],
)
def test_a_message_has_no_more_than_can_be_read_soon(body: bytes) -> None:
    with pytest.raises(OutOfBoundsError):
        read_update(body)


def test_somebody_s_messages_take_no_more_than_their_share_of_time() -> None:
    budget = CpuBudget()
    assert not budget.is_too_much("ada", 0)
    for second in range(60):
        budget.add("ada", 0.01, second)
    assert not budget.is_too_much("ada", 60)
    budget.add("ada", 6, 60)
    assert budget.is_too_much("ada", 61)
    assert not budget.is_too_much("grace", 61)
    assert not budget.is_too_much("ada", 120)


class Person:
    """A page, and the updates that it has not sent yet."""

    def __init__(self, lab: Any) -> None:
        self.doc: Doc[Any] = Doc()
        self.cells: Array[Any] = self.doc.get("cells", type=Array)
        self.doc.apply_update(lab.ydoc.get_update())
        self.lab, self.admission = lab, Admission(lab.ydoc)
        self.undo = UndoManager(scopes=[self.cells], capture_timeout_millis=0)
        self.told: list[bytes] = []
        self.following = self.doc.observe(lambda event: self.told.append(event.update))

    def act(self, what: str, at: int) -> None:
        """Do one thing, if there is anything to do it with."""
        if not len(self.cells):
            return
        cell = self.cells[at % len(self.cells)]
        source = cell["source"]
        if what == "type":
            source.insert(place(source, at), "é"[: at % 2] + f"{at}")
        elif what == "erase" and len(source):
            del source[0 : place(source, at + 1)]
        elif what == "format" and len(source):
            source.format(0, place(source, at + 1), {"bold": True})
        elif what == "add":
            made = {"cell_type": "code", "source": Text("new"), "metadata": Map({"a": [{}]})}
            self.cells.insert(at % len(self.cells), Map({**made, "outputs": Array([])}))
        elif what == "remove" and len(self.cells) > 1:
            del self.cells[at % len(self.cells)]
        elif what == "print" and "outputs" in cell:
            cell["outputs"].append(Map({"output_type": "stream", "text": Text(f"{at}\n")}))
        elif what == "set":
            cell["metadata"]["collapsed"] = at
        elif what == "undo" and self.undo.can_undo():
            self.undo.undo()

    def send(self) -> None:
        """Send all changes, update by update."""
        told, self.told = self.told, []
        for update in told:
            self.admission.take(update, read_update(update))

    def come_back(self) -> None:
        """Reconnect: send all that the lab lacks, and get what the page lacks."""
        self.told.clear()
        Admission(self.lab.ydoc)
        whole = self.doc.get_update(self.lab.ydoc.get_state())
        self.admission.take(whole, read_update(whole))
        self.doc.apply_update(self.lab.ydoc.get_update(self.doc.get_state()))
        self.told.clear()

    def tell_all(self) -> None:
        """Send the whole copy, as a page that knows nothing of the lab's copy."""
        self.told.clear()
        whole = self.doc.get_update()
        self.admission.take(whole, read_update(whole))


ACTIONS = ("type", "type", "erase", "format", "add", "remove", "print", "set", "undo")


@settings(deadline=None, max_examples=60)
@given(
    steps=st.lists(
        st.tuples(
            st.integers(0, 2),
            st.sampled_from([*ACTIONS, "send", "send", "come back", "tell all", "run"]),
            st.integers(0, 12),
        ),
        max_size=60,
    )
)
def test_every_edit_of_a_page_is_admitted(steps: list[tuple[int, str, int]]) -> None:
    lab = opened()
    people = [Person(lab) for _ in range(3)]
    for who, what, at in steps:
        person = people[who]
        if what == "run":  # the lab writes as well
            if len(lab.ycells):
                lab.ycells[0]["execution_state"] = f"{at}"
        elif what == "send":
            person.send()
        elif what == "come back":
            person.come_back()
        elif what == "tell all":
            person.tell_all()
        else:
            person.act(what, at)
    for person in people:
        person.send()
    for person in people:
        person.come_back()
    for person in people:
        person.come_back()
        assert YNotebook(person.doc).ycells.to_py() == lab.ycells.to_py()
    assert known_of(lab.ydoc.get_update()) == read_state(lab.ydoc.get_state())


def known_of(whole: bytes) -> dict[int, int]:
    """Open a document again; return how much of each client its index knows."""
    opened_again: Doc[Any] = Doc({"cells": Array(), "meta": Map(), "state": Map()})
    opened_again.apply_update(whole)
    loops.run(document_indexes.prepare(opened_again))
    known = read_state(document_indexes.of(opened_again).index.state())
    return {client: end for client, end in known.items() if client != opened_again.client_id}


def test_who_answer_each_other_are_known_to_the_end() -> None:
    """Each client's words build on the others' last words: clients can't be read one by one."""
    lab, pages = Doc[Any](), [Doc[Any]() for _ in range(3)]
    for number in range(60):
        page = pages[number % 3]
        page.apply_update(lab.get_update(page.get_state()))
        page.get("messages", type=Array).append(Map({"body": f"{number}"}))
        lab.apply_update(page.get_update(lab.get_state()))
    whole = lab.get_update()
    assert known_of(whole) == read_state(lab.get_state())
    # A page that sends all of it at once is accepted.
    empty: Doc[Any] = Doc({"messages": Array()})
    Admission(empty).take(whole, read_update(whole))
    assert len(empty.get("messages", type=Array)) == 60


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(found: bytes) -> None:
    for read in (read_update, read_state, messages.parse):
        try:
            read(found)
        except OutOfBoundsError:
            continue


@given(st.dictionaries(st.integers(0, 2**53 - 1), st.integers(0, 2**31 - 1)))
def test_a_state_is_read_as_it_was_written(state: dict[int, int]) -> None:
    assert read_state(update_bounds.write_state(state)) == state
