"""Merging notebooks: the result has what people typed and what a program wrote."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.lab.merging import notebooks

Notebook = dict[str, Any]


def cell(source: str, ident: str = "", **more: Any) -> dict[str, Any]:
    made = {"cell_type": "code", "metadata": {}, "source": source, "outputs": []}
    return {**made, "execution_count": None, **({"id": ident} if ident else {}), **more}


def notebook(*cells: dict[str, Any], **metadata: Any) -> Notebook:
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def sources(merged: notebooks.MergedNotebook) -> list[str]:
    return [one["source"] for one in merged.notebook["cells"]]


OUTPUT = {"output_type": "stream", "name": "stdout", "text": "ran"}
WITH_IDS = notebook(cell("a", "1"), cell("b", "2"), cell("c", "3"))
WITHOUT_IDS = notebook(cell("a"), cell("b"), cell("c"))


@pytest.mark.parametrize("base", [WITH_IDS, WITHOUT_IDS], ids=["ids", "no ids"])
def test_somebody_types_while_a_program_runs_the_notebook(base: Notebook) -> None:
    ours, theirs = copy.deepcopy(base), copy.deepcopy(base)
    ours["cells"][1]["source"] += " typed"
    ours["cells"].append(cell("new", "9" if base is WITH_IDS else ""))
    theirs["metadata"]["by"] = "program"
    for one in theirs["cells"]:
        one |= {"outputs": [OUTPUT], "execution_count": 1}
    merged = notebooks.merge(base, ours, theirs)
    assert merged.conflicts == 0
    assert sources(merged) == ["a", "b typed", "c", "new"]
    assert [one["outputs"] for one in merged.notebook["cells"]] == [[OUTPUT]] * 3 + [[]]
    assert merged.notebook["metadata"] == {"by": "program"}


def test_a_program_makes_new_ids() -> None:
    theirs = notebook(cell("a", "x"), cell("b", "y"), cell("c", "z"), cell("d", "w"))
    ours = copy.deepcopy(WITH_IDS)
    ours["cells"][0]["source"] = "a typed"
    merged = notebooks.merge(WITH_IDS, ours, theirs)
    assert sources(merged) == ["a typed", "b", "c", "d"]
    assert merged.conflicts == 0


def test_cells_that_are_turned_round_keep_what_is_typed() -> None:
    ours, theirs = copy.deepcopy(WITH_IDS), copy.deepcopy(WITH_IDS)
    theirs["cells"].reverse()
    ours["cells"][2]["source"] = "c typed"
    assert sources(notebooks.merge(WITH_IDS, ours, theirs)) == ["c typed", "b", "a"]


def test_a_removed_cell_goes_unless_the_other_changed_it() -> None:
    ours, theirs = copy.deepcopy(WITH_IDS), copy.deepcopy(WITH_IDS)
    del theirs["cells"][:2]
    ours["cells"][1]["source"] = "b typed"
    assert sources(notebooks.merge(WITH_IDS, ours, theirs)) == ["b typed", "c"]
    assert sources(notebooks.merge(WITH_IDS, theirs, ours)) == ["b typed", "c"]


def test_the_same_words_changed_in_two_ways_are_a_conflict() -> None:
    ours, theirs = copy.deepcopy(WITH_IDS), copy.deepcopy(WITH_IDS)
    ours["cells"][0]["source"] = "x"
    theirs["cells"][0]["source"] = "y"
    merged = notebooks.merge(WITH_IDS, ours, theirs)
    assert merged.conflicts == 1
    assert sources(merged) == ["x", "b", "c"]


def test_a_new_cell_of_each_at_one_place() -> None:
    for base in (WITH_IDS, WITHOUT_IDS):
        ours, theirs = copy.deepcopy(base), copy.deepcopy(base)
        has_ids = base is WITH_IDS
        ours["cells"].insert(1, cell("mine", "8" if has_ids else ""))
        theirs["cells"].insert(1, cell("yours", "9" if has_ids else ""))
        assert sources(notebooks.merge(base, ours, theirs)) == ["a", "mine", "yours", "b", "c"]


def test_a_cell_becomes_text() -> None:
    ours, theirs = copy.deepcopy(WITH_IDS), copy.deepcopy(WITH_IDS)
    ours["cells"][0] = {"cell_type": "markdown", "id": "1", "metadata": {}, "source": "a"}
    theirs["cells"][0]["outputs"] = [OUTPUT]
    merged = notebooks.merge(WITH_IDS, ours, theirs).notebook["cells"][0]
    assert merged == {"cell_type": "markdown", "id": "1", "metadata": {}, "source": "a"}


CHANGE = st.tuples(
    st.sampled_from(["type", "new", "delete", "move", "turn", "output"]),
    st.integers(0, 5),
    st.integers(0, 5),
)


def changed(base: Notebook, changes: list[tuple[str, int, int]], mark: str) -> Notebook:
    found = copy.deepcopy(base)
    cells = found["cells"]
    for number, (what, one, two) in enumerate(changes):
        if what == "new" or not cells:
            ident = f"{mark}{number}" if base is WITH_IDS else ""
            cells.insert(one, cell(f"{mark}{number}{mark}", ident))
        elif what == "delete":
            # A person who deletes their own word doesn't want it back.
            if mark not in cells[one % len(cells)]["source"]:
                del cells[one % len(cells)]
        elif what == "type":
            cells[one % len(cells)]["source"] += f" {mark}{number}{mark}"
        elif what == "move":
            cells.insert(two, cells.pop(one % len(cells)))
        elif what == "turn":
            cells.reverse()
        else:
            cells[one % len(cells)]["outputs"] = [OUTPUT]
    return found


@settings(deadline=None, max_examples=300)
@given(
    has_ids=st.booleans(),
    ours=st.lists(CHANGE, max_size=5),
    theirs=st.lists(CHANGE, max_size=5),
)
def test_every_word_is_there(has_ids: bool, ours: list[Any], theirs: list[Any]) -> None:  # noqa: FBT001
    base = WITH_IDS if has_ids else WITHOUT_IDS
    first, second = changed(base, ours, "X"), changed(base, theirs, "Y")
    merged = notebooks.merge(base, first, second)
    text = "\n".join(sources(merged))
    for version, mark in ((first, "X"), (second, "Y")):
        typed = re.findall(
            rf"{mark}\d+{mark}", "\n".join(one["source"] for one in version["cells"])
        )
        missing = [word for word in typed if word not in text]
        assert not missing or (merged.conflicts and mark == "Y")
        assert len(text.split()) <= len(set(text.split())) + 6, "and nothing is doubled"
    ids = [one["id"] for one in merged.notebook["cells"] if "id" in one]
    assert len(set(ids)) == len(ids)
    if has_ids:
        assert notebooks.merge(base, first, base).notebook["cells"] == first["cells"]
        assert notebooks.merge(base, base, second).notebook["cells"] == second["cells"]
