"""Limits of what kernels and pages may ask of the lab server: values, and a kernel's runs."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import time
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Array, Doc, Map

from classroom.lab.api import events, user_settings
from classroom.lab.connections.registry import Connections
from classroom.lab.execution import cell_run, cell_writer, request_checks, run_registry
from classroom.lab.execution.cell_writer import MOST_OUTPUTS, MOST_PLACES, CellWriter
from classroom.lab.execution.open_notebooks import CellIndex
from classroom.lab.execution.run_history import MOST_NEW, RunHistory
from classroom.lab.execution.run_registry import KernelRuns
from classroom.lab.protocol import kernel_messages
from classroom.lab.protocol.kernel_messages import Kept
from classroom.lab.protocol.kernel_outputs import Cleared, Printed, Shown, Updated
from tests import loops
from tests.unit.lab.execution.test_outputs import Book, display, message, new_cell

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.lab.protocol.weight import Weight

LOG = logging.getLogger("test")
CONTENTS = "https://events.jupyter.org/jupyter_server/contents_service/v1"


@pytest.mark.parametrize(
    ("body", "is_fine"),
    [
        ({"path": "a.ipynb", "name": "a", "type": "notebook", "kernel": {"name": "python3"}}, True),
        ({"kernel": {"id": "0b5d-x"}, "path": "p", "type": "console", "name": None}, True),
        ({}, True),
        (None, True),
        ([], False),
        ({"path": "x" * 5000}, False),
        ({"path": 1}, False),
        ({"path": "a\0b"}, False),
        ({"path": "half an emoji \ud83d"}, False),
        ({"name": "a whole one \U0001f600"}, True),
        ({"kernel": {"id": "a/../b"}}, False),
        ({"kernel_id": ".."}, False),
        ({"notebook": {"path": "x" * 5000}}, False),
        ({"kernel": "python3"}, False),
    ],
)
def test_a_request_for_a_kernel(body: Any, *, is_fine: bool) -> None:
    assert (request_checks.problem(json.dumps(body).encode()) == "") is is_fine


@pytest.mark.parametrize(
    ("body", "by_session", "by_kernel"),
    [
        ({"name": "a.ipynb", "path": "p", "kernel": {"name": "python3"}}, "python3", "a.ipynb"),
        ({"kernel": {"id": "0b5d", "name": "python3"}}, "", ""),
        ({"kernel": {"name": None}, "name": "python3"}, "", "python3"),
        ({"kernel": None, "name": None}, "", ""),
        (None, "", ""),
    ],
)
def test_which_kernel_a_request_would_start(body: Any, by_session: str, by_kernel: str) -> None:
    encoded = json.dumps(body).encode()
    assert request_checks.kind_of(encoded, of_session=True) == by_session
    assert request_checks.kind_of(encoded, of_session=False) == by_kernel


def test_a_request_for_a_terminal() -> None:
    assert request_checks.problem_of_terminal(b"", {"1"}) == ""
    assert request_checks.problem_of_terminal(b'{"cwd": "a b/c"}', {"1"}) == ""
    assert "already" in request_checks.problem_of_terminal(b'{"name": "1"}', {"1"})
    assert "no 'shell_command'" in request_checks.problem_of_terminal(
        b'{"shell_command": ["x"]}', set()
    )


@given(st.binary(max_size=200))
def test_any_body_is_judged(body: bytes) -> None:
    assert isinstance(request_checks.problem(body), str)
    assert isinstance(request_checks.problem_of_terminal(body, set()), str)


def test_what_a_page_is_told_of_events() -> None:
    saved = {"action": "save", "path": "secret.ipynb"}
    made = {"username": "octocat", "fork_roomid": "r", "action": "create"}
    assert events.told(CONTENTS, saved, name="hubot", tutor=True) == saved
    assert events.told(CONTENTS, saved, name="hubot", tutor=False) is None
    assert events.told("some/other/v1", saved, name="hubot", tutor=False) is None
    assert events.told(events.FORKS, made, name="octocat", tutor=False) == made
    found = events.told(events.FORKS, made, name="hubot", tutor=False)
    assert found == {**made, "username": ""}


def parts(kind: str = "stream", **content: Any) -> list[bytes]:
    return message(kind, "p", **content)


def test_a_message_is_measured_before_it_is_read() -> None:
    assert kernel_messages.sound(parts())
    assert kernel_messages.sound([*parts(), b"a buffer"])
    assert not kernel_messages.sound(parts()[:3])
    header, parent, metadata, content = parts()
    assert not kernel_messages.sound(
        [header + b" " * kernel_messages.LONGEST_HEAD_BYTES, parent, metadata, content]
    )
    assert not kernel_messages.sound([b"no json", parent, metadata, content])
    assert not kernel_messages.sound([b"{}", parent, metadata, content])
    assert not kernel_messages.sound(
        [header, parent, metadata, bytes(kernel_messages.LONGEST_BYTES)]
    )
    assert kernel_messages.sound(parts("status", execution_state="idle"))
    assert not kernel_messages.sound(parts("status", execution_state="<b>"))
    assert not kernel_messages.sound(parts("status", execution_state=7))
    assert not kernel_messages.sound(parts("status", execution_state="idle", more="x" * 2000))


def test_what_is_kept_has_a_number_and_a_size() -> None:
    kept: Kept[str] = Kept(3, 10, len)
    for text in ("a", "bb", "ccc", "dddd"):
        kept.append(text)
    assert list(kept) == ["bb", "ccc", "dddd"]
    kept.append("eeeee")
    assert list(kept) == ["dddd", "eeeee"]
    kept.append("f" * 11)
    assert list(kept) == ["dddd", "eeeee"]
    copy = kept.copy()
    assert copy.popleft() == "dddd"
    assert list(kept) == ["dddd", "eeeee"]


def test_outputs_have_a_number() -> None:
    cell, writer = new_cell(Doc()), CellWriter()
    writer.write(cell, [Shown(display("x"), "", 1)] * (MOST_OUTPUTS + 100))
    writer.write(cell, [Printed("stdout", "more"), Shown(display("x"), "", 1)])
    assert len(cell["outputs"]) == MOST_OUTPUTS + 1
    assert str(cell["outputs"][MOST_OUTPUTS]["text"]).endswith("is left out.\n")
    assert writer.spent() > MOST_OUTPUTS
    assert writer.spent() == 0


def test_a_run_leaves_the_notebook_small_enough_to_be_opened() -> None:
    cell, writer = new_cell(Doc()), CellWriter()
    had: list[Weight] = []

    def fits(more: Weight) -> bool:
        had.append(more)
        return sum(one.size for one in had) <= 1000

    writer.fits = fits
    heavy = Shown(display("x" * 600), "", 600)
    writer.write(cell, [heavy, heavy])
    writer.write(cell, [heavy, Printed("stdout", "more")])
    shown = cell["outputs"].to_py()
    assert [one["output_type"] for one in shown] == ["display_data", "stream"], "it is said once"
    assert "too large to be opened again" in shown[1]["text"]
    assert writer.full, "what it prints isn't even read"
    had.clear()
    writer.write(cell, [Cleared(), Printed("stdout", "again")])
    assert [one["text"] for one in cell["outputs"].to_py()] == ["again"]


def test_invented_cells_are_not_taken_over_without_end() -> None:
    """The page itself shows the rest, as for a person who has no document open."""

    async def main() -> None:
        book = Book()
        cell, found = book.add("a"), KernelRuns(book, LOG)
        for number in range(5000):
            found.announce(f"{number}", f"invented-{number}", ["room"])
        taken = [number for number in range(5000) if found.has(f"{number}")]
        assert taken == list(range(run_registry.MOST_SEARCHING))
        assert len(found.unfinished("room")) == run_registry.MOST_SEARCHING
        found.announce("real", "a", ["room"])
        found.hear(message("stream", "real", name="stdout", text="said"))
        await loops.until(lambda: len(cell["outputs"]) == 1)
        # One of them appears in the document after all, so there is room for another.
        book.add("invented-0")
        found.announce("late", "another", ["room"])
        assert found.has("late")
        found.lose(is_dead=False)

    loops.run(main())


def test_an_invented_cell_that_is_run_again_and_again_is_searched_once() -> None:
    async def main() -> None:
        found = KernelRuns(Book(), LOG)
        for number in range(1000):
            found.announce(f"{number}", "invented", ["room"])
        assert len(found._searching) == 1
        found.lose(is_dead=False)

    loops.run(main())


def test_many_displays_of_one_id_are_changed_at_once() -> None:
    """One by one, each with all that follows it, they would stop the lab for everybody."""

    async def main() -> None:
        book = Book()
        cell, found = book.add("a"), KernelRuns(book, LOG)
        changes: list[Any] = []
        watching = book.doc.observe(changes.append)
        found.announce("1", "a", ["room"])
        said = {"metadata": {}, "transient": {"display_id": "d"}}
        for number in range(MOST_PLACES):
            data = {"text/plain": f"{number}"}
            found.hear(message("display_data", "1", data=data, **said))
            found.hear(message("update_display_data", "1", data=data, **said))
        await loops.until(lambda: len(cell["outputs"]) == MOST_PLACES)
        shown = [one["data"]["text/plain"] for one in cell["outputs"].to_py()]
        assert set(shown) == {f"{MOST_PLACES - 1}"}
        assert len(changes) == 1
        found.hear(message("update_display_data", "1", data={"text/plain": "new"}, **said))
        await loops.until(lambda: cell["outputs"].to_py()[0]["data"] == {"text/plain": "new"})
        shown = [one["data"]["text/plain"] for one in cell["outputs"].to_py()]
        assert shown == ["new"] * MOST_PLACES
        assert len(changes) == 2
        book.doc.unobserve(watching)
        found.lose(is_dead=False)

    loops.run(main())


def test_what_one_id_shows_has_a_number_and_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    cell, writer = new_cell(Doc()), CellWriter()
    writer.write(cell, [Shown(display("x"), "d", 1)] * (MOST_PLACES + 1))
    writer.update(cell, [Updated("d", display("new"), 3)])
    shown = [one["data"]["text/plain"] for one in cell["outputs"].to_py()]
    assert shown == ["new"] * MOST_PLACES + ["x"]
    monkeypatch.setattr("classroom.lab.execution.cell_writer.MOST_SHOWN_BYTES", 1000)
    writer.update(cell, [Updated("d", display("long"), 11)])
    assert cell["outputs"].to_py()[0]["data"] == {"text/plain": "new"}


def test_the_runs_of_a_kernel_take_a_tenth_of_the_time_together() -> None:
    """A single line of code may change what thousands of cells show."""

    async def main() -> None:
        book, said = Book(), {"metadata": {}, "transient": {"display_id": "d"}}
        found = KernelRuns(book, LOG)
        shown = [book.add(f"{number}") for number in range(20)]
        for number in range(20):
            found.announce(f"{number}", f"{number}", ["room"])
            old = message("display_data", f"{number}", data={"text/plain": "old"}, **said)
            found.hear(old)
        await loops.until(lambda: all(len(cell["outputs"]) for cell in shown))
        times: list[float] = []

        def take_long(_: object) -> None:
            times.append(time.monotonic())
            end = time.thread_time() + 0.002
            while time.thread_time() < end:
                pass

        watching = book.doc.observe(take_long)
        found.hear(message("update_display_data", "0", data={"text/plain": "new"}, **said))
        await loops.until(lambda: len(times) == len(shown))
        assert times[-1] - times[0] > 10 * 0.002 * (len(shown) - 2)
        assert all(cell["outputs"].to_py()[0]["data"] == {"text/plain": "new"} for cell in shown)
        book.doc.unobserve(watching)
        found.lose(is_dead=False)

    loops.run(main())


def test_an_update_overtakes_no_display() -> None:
    """A cell's display may still be waiting for its turn when another cell changes it."""

    async def main() -> None:
        book, said = Book(), {"metadata": {}, "transient": {"display_id": "d"}}
        first, found = book.add("a"), KernelRuns(book, LOG)
        book.add("b")
        found.announce("1", "a", ["room"])
        found.announce("2", "b", ["room"])
        found._runs["1"]._beat._due = time.monotonic() + 0.3
        found.hear(message("display_data", "1", data={"text/plain": "old"}, **said))
        found.hear(message("status", "1", execution_state="idle"))
        found.hear(message("update_display_data", "2", data={"text/plain": "new"}, **said))
        await loops.until(lambda: len(first["outputs"]))
        assert first["outputs"].to_py()[0]["data"] == {"text/plain": "new"}
        found.lose(is_dead=False)

    loops.run(main())


def test_who_searches_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        found = KernelRuns(Book(), LOG)
        found.announce("1", "invented", ["room"])
        found.announce("2", "late", ["room"])
        assert [run.cell_id for run in found.unfinished("room")] == ["invented", "late"]
        monkeypatch.setattr(cell_run, "PATIENCE_SECONDS", -1)  # now it has run out
        found.announce("3", "other", ["room"])
        assert [run.cell_id for run in found.unfinished("room")] == ["other"]

    loops.run(main())


class Document:
    """A notebook's shared document."""

    def __init__(self) -> None:
        self.doc: Doc[Any] = Doc()
        self.ycells: Array[Any] = self.doc.get("cells", type=Array)

    def add(self, ident: str) -> None:
        self.ycells.append(Map({"id": ident, "outputs": Array()}))


def test_cells_are_found_without_going_through_them(monkeypatch: pytest.MonkeyPatch) -> None:
    document = Document()
    document.add("a")
    index = CellIndex(document)
    assert index.find(document, "a")["id"] == "a"
    made: list[Any] = []
    original = cell_writer.by_id

    def by_id(found: Any) -> dict[str, Any]:
        made.append(found)
        return original(found)

    monkeypatch.setattr(cell_writer, "by_id", by_id)
    for _ in range(1000):
        assert index.find(document, "a") is not None
        assert index.find(document, "nowhere") is None
    assert not made
    document.add("b")
    del document.ycells[0]
    assert index.find(document, "a") is None, "a deleted one is never found"
    assert index.find(document, "b") is not None
    assert len(made) == 1


def test_an_index_keeps_no_document() -> None:
    """Objects that observe each other would never be freed."""
    document = Document()
    document.add("a")
    vars(document)["index"] = index = CellIndex(document)
    assert index.find(document, "a") is not None
    gone = weakref.ref(document)
    del document, index
    gc.collect()
    assert gone() is None


def test_a_cell_that_is_none_any_more_is_not_found() -> None:
    document = Document()
    document.add("a")
    index = CellIndex(document)
    found = index.find(document, "a")
    found["outputs"] = "no list"
    assert index.find(document, "a") is None


def test_pages_are_told_of_the_last_run_of_a_cell() -> None:
    async def main() -> None:
        found = RunHistory(Connections())
        for number in range(3 * MOST_NEW):
            found.add("book", "book.ipynb", f"cell-{number % (2 * MOST_NEW)}", "ada")
        assert len(found._new) == MOST_NEW  # the news, without pages
        await asyncio.sleep(0)

    loops.run(main())


def test_somebody_has_room_for_so_many_layouts(tmp_path: Path) -> None:
    assert user_settings.may_add(tmp_path / "none", "a")
    for number in range(user_settings.MOST_LAYOUTS):
        assert user_settings.may_add(tmp_path, f"w{number}")
        user_settings.layout(tmp_path, f"w{number}").touch()
    assert not user_settings.may_add(tmp_path, "one more")
    assert user_settings.may_add(tmp_path, "w0")
