"""A notebook in which a page has written nonsense is repaired as it is read, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from jupyter_ydoc import YNotebook
from pycrdt import Array, Map, Text

from classroom.lab.files.notebook import ClassNotebook

if TYPE_CHECKING:
    from collections.abc import Callable

NONSENSE: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda cells: cells.append(Map({})),
    "no cell": lambda cells: cells.append("x"),
    "a list": lambda cells: cells.append(Array([1])),
    "only by name": lambda cells: cells.append(
        Map({"cell_type": "code", "outputs": 5, "metadata": "x", "id": {}})
    ),
    "no outputs": lambda cells: cells.append(
        Map({"cell_type": "code", "outputs": Array([1, Map({"output_type": "stream"})])})
    ),
    "a list for a name": lambda cells: cells.append(
        Map({"cell_type": ["code"], "attachments": {"a": 1}})
    ),
    "an endless number": lambda cells: cells[2].update({"metadata": {"a": float("inf")}}),
    "no metadata": lambda cells: cells[3].update({"metadata": [1]}),
}


def opened(count: int) -> Any:
    found = ClassNotebook()
    cells = [
        {"cell_type": "markdown", "id": f"{number}", "source": f"{number}", "metadata": {}}
        for number in range(count)
    ]
    found.set({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    return found


@pytest.mark.parametrize("what", NONSENSE)
def test_what_cannot_be_saved_is_mended_for_all(what: str) -> None:
    notebook = opened(6)
    NONSENSE[what](notebook.ydoc["cells"])
    made = notebook.get()
    nbformat.v4.writes(nbformat.from_dict(made))
    assert [cell["source"] for cell in made["cells"][4:6]] == ["4", "5"]
    assert notebook.get() == made
    assert YNotebook(notebook.ydoc).get() == made, "in the document itself"


def test_a_format_that_is_none_is_mended() -> None:
    notebook = opened(1)
    notebook.ydoc["meta"].update({"nbformat": {"a": 1}, "nbformat_minor": "x", "metadata": 7})
    assert notebook.get()["nbformat"] == 4


def test_only_what_is_bad_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checking one cell a second in a large notebook would take most of the server's time."""
    notebook, read = opened(300), []
    original = YNotebook._cell_to_py

    def counted(self: Any, ycell: Any, meta: Any = None) -> Any:
        read.append(ycell)
        return original(self, ycell, meta)

    monkeypatch.setattr(YNotebook, "_cell_to_py", counted)
    notebook.ydoc["cells"][7]["metadata"] = 5
    notebook.ydoc["cells"].append(Map({"source": Text("x")}))
    notebook.ydoc["cells"].append(1)
    steps = list(notebook._get(deduplicate=True))
    assert len(steps) == 303, "the others have their turn in between"
    assert len(read) < 310
    assert len(steps[-1]["cells"]) == 301


def test_cells_without_ids_have_the_same_ones_each_time() -> None:
    """Otherwise a page that was offline would type into cells that no longer exist."""
    content = nbformat.v4.new_notebook(cells=[nbformat.v4.new_raw_cell(text) for text in "aab"])
    content["nbformat_minor"] = 4
    for cell in content["cells"]:
        del cell["id"]

    def ids() -> list[str]:
        document = ClassNotebook()
        document.set(content)
        return [str(cell["id"]) for cell in document.ycells]

    assert ids() == ids()
    assert len(set(ids())) == 3
