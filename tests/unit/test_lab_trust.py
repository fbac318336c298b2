"""Marks of trust in a notebook: none is kept."""

from __future__ import annotations

import asyncio

import nbformat
import pytest
from tornado import web

from classroom.lab.trust import Untrusting, forget


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
