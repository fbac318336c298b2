"""Marks of trust in a notebook: none is kept."""

from __future__ import annotations

import asyncio
from typing import Any

import nbformat
import pytest
from jupyter_ydoc import YNotebook
from pycrdt import Array, Doc, Map
from tornado import web

from classroom.lab.files.document_encoding import forget
from classroom.lab.files.trust import Untrusting, forget_live, may_mark


def test_marks_are_taken_out() -> None:
    cell = nbformat.v4.new_code_cell("1", metadata={"trusted": True, "tags": ["x"]})
    notebook = nbformat.v4.new_notebook(cells=[cell, nbformat.v4.new_markdown_cell("x")])
    forget(notebook)
    assert notebook.cells[0].metadata == {"tags": ["x"]}


@pytest.mark.parametrize("notebook", [{}, {"cells": [{}]}, {"cells": [{"metadata": None}]}])
def test_what_is_no_notebook_is_left(notebook: dict[str, object]) -> None:
    forget(notebook)


def test_nobody_trusts_a_notebook_for_others() -> None:
    manager = Untrusting.__new__(Untrusting)
    with pytest.raises(web.HTTPError, match=r"Nothing is trusted here, a\.ipynb included"):
        asyncio.run(manager.trust_notebook("a.ipynb"))


def live() -> tuple[YNotebook, list[bool]]:
    """Return a live notebook, and a list that records whether each change may have set a mark."""
    document = YNotebook()
    document.set(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1") for _ in "ab"]))
    seen: list[bool] = []

    def look(target: str, events: Any) -> None:
        if target == "cells":
            seen.append(may_mark(events))

    document.observe(look)
    return document, seen


def test_a_live_document_loses_its_marks() -> None:
    document, seen = live()
    document.append_cell(nbformat.v4.new_code_cell("2", metadata={"trusted": True, "tags": ["x"]}))
    document.ycells[0]["metadata"]["trusted"] = True
    document.ycells[1]["metadata"] = {"trusted": True, "name": "y"}
    assert seen == [True, True, True]
    forget_live(document.ycells)
    read = [
        cell["metadata"].to_py() if isinstance(cell["metadata"], Map) else cell["metadata"]
        for cell in document.ycells
    ]
    assert read == [{}, {"name": "y"}, {"tags": ["x"]}]


def test_typing_and_outputs_bring_no_mark() -> None:
    document, seen = live()
    document.ycells[0]["source"] += "2"
    document.ycells[0]["outputs"].append(Map({"output_type": "stream", "text": "x"}))
    document.ycells[0]["metadata"]["collapsed"] = True
    document.ycells[0]["execution_count"] = 2.0
    assert seen == [False] * len(seen)
    assert seen


def test_nothing_is_changed_where_there_is_no_mark() -> None:
    document, seen = live()
    forget_live(document.ycells)
    assert seen == []


def test_nonsense_is_left() -> None:
    cells = Doc({"cells": Array([1, Map({"metadata": 1}), Map({})])})["cells"]
    forget_live(cells)
    assert len(cells) == 3
