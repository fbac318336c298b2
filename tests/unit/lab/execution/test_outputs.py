"""A cell's outputs, from a kernel's messages to the shared document."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Array, Doc, Map

from classroom.lab.execution import cell_run, cell_writer, run_beat
from classroom.lab.execution.output_capture import Captured
from classroom.lab.execution.run_registry import KernelRuns
from classroom.lab.execution.stream_text import Screen
from classroom.lab.protocol import kernel_outputs
from classroom.lab.protocol.kernel_outputs import (
    BadOutputError,
    Cleared,
    Pending,
    Printed,
    Shown,
    Updated,
)
from tests import loops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classroom.lab.rooms.growth import Growth

TEXT = st.text(st.sampled_from("ab\r\n\b😀"), max_size=12)
LOG = logging.getLogger("test")


def terminal(texts: Sequence[str]) -> str:
    """Return texts as JupyterLab shows them, character by character."""
    shown: list[str] = []
    at = 0
    for char in "".join(texts):
        if char == "\b":
            if at > 0 and shown[at - 1] != "\n":
                at -= 1
                del shown[at]
        elif char == "\r":
            while at > 0 and shown[at - 1] != "\n":
                at -= 1
        elif char == "\n":
            shown.append(char)
            at = len(shown)
        else:
            shown[at : at + 1] = char
            at += 1
    return "".join(shown)


@given(st.lists(TEXT, max_size=6))
def test_a_stream_looks_as_in_a_terminal(texts: list[str]) -> None:
    screen, shown = Screen(), ""
    for text in texts:
        gone, new = screen.write(text)
        assert shown.endswith(gone)
        shown = shown[: len(shown) - len(gone)] + new
    assert shown == terminal(texts)
    assert screen.length == len(shown)


def new_cell(doc: Doc[Any], ident: str = "a") -> Any:
    array: Array[Any] = doc.get("cells", type=Array)
    array.append(Map({"id": ident, "outputs": Array(), "execution_state": "idle"}))
    return array[len(array) - 1]


@given(st.lists(st.tuples(st.sampled_from(["stdout", "stderr"]), TEXT), max_size=8))
def test_what_is_written_is_what_was_printed(said: list[tuple[str, str]]) -> None:
    cell, writer = new_cell(Doc()), cell_writer.CellWriter()
    for name, text in said:
        writer.write(cell, [Printed(name, text)])
    shown: list[tuple[str, list[str]]] = []
    for name, text in said:
        if not shown or shown[-1][0] != name:
            shown.append((name, []))
        shown[-1][1].append(text)
    found = [(one["name"], one["text"]) for one in cell["outputs"].to_py()]
    assert found == [(name, terminal(texts)) for name, texts in shown]


def display(text: str) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}


def test_clearing_waits_for_the_next_output() -> None:
    cell, writer = new_cell(Doc()), cell_writer.CellWriter()
    writer.write(cell, [Printed("stdout", "one\n"), Cleared(wait=True)])
    assert len(cell["outputs"]) == 1
    writer.write(cell, [Printed("stdout", "two\n")])
    assert [one["text"] for one in cell["outputs"].to_py()] == ["two\n"]
    writer.write(cell, [Cleared()])
    assert len(cell["outputs"]) == 0


def test_what_is_printed_and_shown_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell_writer, "MOST_TEXT_CHARACTERS", 100)
    monkeypatch.setattr(cell_writer, "MOST_SHOWN_BYTES", 100)
    cell, writer = new_cell(Doc()), cell_writer.CellWriter()
    for name in ("stdout", "stderr") * 30:
        writer.write(cell, [Printed(name, "z" * 30)])
    found = cell["outputs"].to_py()
    assert "".join(one["text"] for one in found).count("z") == 100
    assert found[-1]["text"].endswith("is left out.\n")
    writer.write(cell, [Cleared(), *[Shown(display("y"), "", 60)] * 9])
    kinds = [one["output_type"] for one in cell["outputs"].to_py()]
    assert kinds == ["display_data", "stream"]


def test_somebody_clears_the_outputs_meanwhile() -> None:
    cell, writer = new_cell(Doc()), cell_writer.CellWriter()
    writer.write(cell, [Printed("stdout", "before"), Shown(display("d"), "id", 1)])
    del cell["outputs"][:]
    writer.update(cell, [Updated("id", display("gone"))])
    writer.write(cell, [Printed("stdout", "after")])
    assert [one["text"] for one in cell["outputs"].to_py()] == ["after"]


def test_many_messages_are_few_steps() -> None:
    pending = Pending()
    for number in range(100):
        pending.add(Printed("stdout", f"{number} "))
        pending.add(kernel_outputs.Updated("id", display(str(number))))
    found = pending.take()
    assert len(found) == 3
    assert found[1] == kernel_outputs.Updated("id", display("99"))
    pending.add(Printed("stdout", "x"))
    pending.add(Cleared())
    assert pending.take() == [Cleared()]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
KEYS = st.sampled_from(["name", "text", "data", "metadata", "transient", "ename", "wait", "x"])


@given(st.sampled_from(sorted(kernel_outputs.KINDS)), st.dictionaries(KEYS, JSON))
def test_any_content_is_a_step_or_refused(kind: str, content: dict[str, Any]) -> None:
    cell, writer = new_cell(Doc()), cell_writer.CellWriter()
    try:
        step = kernel_outputs.step(kind, kernel_outputs.read(json.dumps(content).encode()))
    except BadOutputError:
        return
    if not isinstance(step, kernel_outputs.Updated):
        writer.write(cell, [step])
    json.dumps(cell["outputs"].to_py(), allow_nan=False)


def test_a_widget_takes_a_runs_outputs() -> None:
    captured = Captured()

    def say(comm: str, **state: Any) -> None:
        captured.hear(json.dumps({"comm_id": comm, "data": {"state": state}}).encode())

    say("w", value=3)
    assert "run" not in captured
    say("w", msg_id="run")
    assert "run" in captured
    say("w", msg_id="")
    assert "run" not in captured


class Book:
    """One open notebook."""

    def __init__(self) -> None:
        self.doc: Doc[Any] = Doc()
        self.there: dict[str, Any] = {}
        self.grown: Growth | None = None
        self.asked = 0
        """How often the code looked for a cell."""

    def cell(self, rooms: Sequence[str], cell_id: str) -> Any:
        assert rooms == ["room"]
        self.asked += 1
        return self.there.get(cell_id)

    def growth(self, rooms: Sequence[str], cell_id: str) -> Growth | None:
        return self.grown if cell_id in self.there and rooms == ["room"] else None

    def add(self, ident: str) -> Any:
        self.there[ident] = new_cell(self.doc, ident)
        return self.there[ident]


def message(kind: str, parent: str, **content: Any) -> list[bytes]:
    parts: tuple[Any, ...] = ({"msg_id": "k", "msg_type": kind}, {"msg_id": parent}, {}, content)
    return [json.dumps(part).encode() for part in parts]


def test_a_run_from_its_begin_to_its_end() -> None:
    async def main() -> None:
        book = Book()
        cell, runs = book.add("a"), KernelRuns(book, LOG)
        cell["outputs"].append(
            cell_writer.shared({"output_type": "stream", "name": "x", "text": "old"})
        )
        runs.announce("1", "a", ["room"])
        assert runs.has("1")
        assert len(runs.unfinished("room")) == 1
        runs.hear(message("execute_input", "1", execution_count=7))
        for number in range(50):
            runs.hear(message("stream", "1", name="stdout", text=f"{number}\n"))
        runs.hear(message("stream", "2", name="stdout", text="somebody else's"))
        await loops.until(
            lambda: cell["execution_state"] == "running" and len(cell["outputs"]) == 1
        )
        runs.hear(message("status", "1", execution_state="idle"))
        await loops.until(lambda: cell["execution_state"] == "idle")
        assert cell["execution_count"] == 7
        assert not runs.unfinished("room")
        text = "".join(f"{number}\n" for number in range(50))
        assert [one["text"] for one in cell["outputs"].to_py()] == [text]
        # A thread that the cell has started keeps printing.
        runs.hear(message("stream", "1", name="stdout", text="late"))
        await loops.until(lambda: cell["outputs"].to_py()[0]["text"] == f"{text}late")

    loops.run(main())


def test_how_a_cell_stands_is_its_pages_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """If two set the same key at once, other pages can't read the change."""

    async def main() -> None:
        book = Book()
        cell, runs = book.add("a"), KernelRuns(book, LOG)
        runs.announce("1", "a", ["room"])
        runs.hear(message("execute_input", "1", execution_count=7))
        cell["execution_state"] = "running"
        said: list[tuple[float, list[str]]] = []
        watching = cell.observe(lambda event: said.append((time.monotonic(), sorted(event.keys))))
        await loops.until(lambda: runs._runs["1"]._said)  # by now the lab would have set it
        ended = time.monotonic()
        runs.hear(message("status", "1", execution_state="idle"))
        await loops.until(lambda: not runs.unfinished("room"))
        cell.unobserve(watching)
        ((at, keys),) = said  # nothing that the page has set already
        assert keys == ["execution_count", "execution_state"]
        assert at - ended > run_beat.SETTLE_SECONDS * 0.9

    monkeypatch.setattr(run_beat, "SETTLE_SECONDS", 0.2)
    loops.run(main())


def test_writing_is_on_a_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        book = Book()
        cell, runs = book.add("a"), KernelRuns(book, LOG)
        changes: list[Any] = []
        watching = book.doc.observe(changes.append)
        runs.announce("1", "a", ["room"])
        begun = time.monotonic()
        for number in range(200):
            runs.hear(message("stream", "1", name="stdout", text=f"{number}\n"))
            await asyncio.sleep(0)
        await loops.until(lambda: cell["outputs"].to_py()[0]["text"].endswith("199\n"))
        beats = (time.monotonic() - begun) / run_beat.BEAT_SECONDS
        book.doc.unobserve(watching)
        assert len(changes) < beats + 10, "not one for each of 200 messages"

    monkeypatch.setattr(run_beat, "BEAT_SECONDS", 0.05)
    loops.run(main())


def test_a_cell_that_comes_later_than_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        book = Book()
        runs = KernelRuns(book, LOG)
        runs.announce("1", "a", ["room"])
        runs.hear(message("stream", "1", name="stdout", text="early"))
        runs.hear(message("status", "1", execution_state="idle"))
        asked = book.asked
        await loops.until(lambda: book.asked > asked + 2)
        cell = book.add("a")
        await loops.until(lambda: cell["outputs"].to_py() != [])
        assert cell["outputs"].to_py()[0]["text"] == "early"

    monkeypatch.setattr(cell_run, "SEARCH_SECONDS", 0.02)
    loops.run(main())


def test_what_is_answered_comes_before_what_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        book = Book()
        cell, runs = book.add("a"), KernelRuns(book, LOG)
        runs.announce("1", "a", ["room"])
        runs.hear(message("execute_input", "1", execution_count=1))
        await loops.until(lambda: cell["execution_state"] == "running")
        runs.answered()
        runs.hear(message("stream", "1", name="stdout", text="hello"))
        asked = book.asked
        await loops.until(lambda: book.asked > asked + 5)  # it checks for the answer
        assert len(cell["outputs"]) == 0
        cell["outputs"].append(
            cell_writer.shared({"output_type": "stream", "name": "stdin", "text": "?"})
        )
        await loops.until(lambda: len(cell["outputs"]) == 2)
        assert [one["name"] for one in cell["outputs"].to_py()] == ["stdin", "stdout"]

    monkeypatch.setattr(cell_run, "ECHO_SECONDS", 60)
    loops.run(main())


@pytest.mark.parametrize("died", [True, False])
def test_no_kernel_no_run(died: bool) -> None:  # noqa: FBT001 (pytest's)
    async def main() -> None:
        book = Book()
        running, queued, runs = book.add("a"), book.add("b"), KernelRuns(book, LOG)
        queued["execution_state"] = "running"
        runs.announce("1", "a", ["room"])
        runs.announce("2", "b", ["room"])
        runs.hear(message("execute_input", "1", execution_count=1))
        runs.hear(message("stream", "1", name="stdout", text="before"))
        runs.lose(is_dead=died)
        assert {running["execution_state"], queued["execution_state"]} == {"idle"}
        kinds = [one["output_type"] for one in running["outputs"].to_py()]
        assert kinds == (["stream", "error"] if died else ["stream"])
        assert len(queued["outputs"]) == 0
        assert not runs.unfinished("room")

    loops.run(main())


def test_a_cell_that_is_run_again() -> None:
    """Later output of the first run belongs to no cell."""

    async def main() -> None:
        book = Book()
        cell, runs = book.add("a"), KernelRuns(book, LOG)
        runs.announce("1", "a", ["room"])
        runs.announce("2", "a", ["room"])
        runs.hear(message("stream", "1", name="stdout", text="first"))
        runs.hear(message("status", "1", execution_state="idle"))
        runs.hear(message("stream", "2", name="stdout", text="second"))
        await loops.until(lambda: cell["outputs"].to_py() != [])
        assert [one["text"] for one in cell["outputs"].to_py()] == ["second"]
        assert runs.has("1"), "nor the page's to write"

    loops.run(main())


def test_a_display_is_updated_in_whichever_cell() -> None:
    async def main() -> None:
        book = Book()
        first, second, runs = book.add("a"), book.add("b"), KernelRuns(book, LOG)
        data = {"data": {"text/plain": "old"}, "metadata": {}, "transient": {"display_id": "d"}}
        new = {**data, "data": {"text/plain": "new"}}
        runs.announce("1", "a", ["room"])
        runs.hear(message("display_data", "1", **data))
        runs.hear(message("stream", "1", name="stdout", text="below"))
        await loops.until(lambda: len(first["outputs"]) == 2)
        runs.announce("2", "b", ["room"])
        runs.hear(message("update_display_data", "2", **new))
        await loops.until(lambda: first["outputs"].to_py()[0]["data"] == {"text/plain": "new"})
        assert first["outputs"].to_py()[1]["text"] == "below"
        assert len(second["outputs"]) == 0
        runs.hear(message("stream", "1", name="stdout", text=" more"))
        await loops.until(lambda: first["outputs"].to_py()[1]["text"] == "below more")

    loops.run(main())
