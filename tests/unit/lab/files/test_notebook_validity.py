"""Invalid parts of a notebook: the same as for nbformat, in a fraction of the time."""

from __future__ import annotations

import itertools
import sys
import warnings
from typing import Any

import nbformat
import pytest

from classroom.lab.files import document_encoding, notebook_validity

STREAM = {"output_type": "stream", "name": "stdout", "text": ["a"]}


def code(*outputs: Any, **more: Any) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "source": "",
        "metadata": {},
        "execution_count": None,
        "id": "a",
    }
    return {**cell, "outputs": list(outputs), **more}


def of(*cells: Any, minor: Any = 5, **more: Any) -> Any:
    whole = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": minor}
    return nbformat.from_dict({**whole, **more})


def upstreams(notebook: Any) -> bool:
    """Say whether nbformat finds it valid; on some invalid ones nbformat itself fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            nbformat.validate(notebook)
        except (nbformat.ValidationError, TypeError):
            return False
    return True


@pytest.mark.parametrize(
    ("notebook", "where"),
    [
        (of(code(STREAM), {"cell_type": "markdown", "id": "b", "source": [], "metadata": {}}), ""),
        (of({**code(), "cell_type": "foo"}), "cell 1"),
        (of({"cell_type": "foo", "metadata": {}}, minor=9), ""),
        (of({"cell_type": "foo", "metadata": {}}, minor=10**9), ""),
        (of(code(), code(STREAM, {"output_type": "stream", "name": "a"})), "cell 2, output 2"),
        (of(code({"output_type": "foo"})), "cell 1, output 1"),
        (of(code({"output_type": "display_data", "data": {"a/b": 7}, "metadata": {}})), "output 1"),
        (of(code(7)), "output 1"),
        (of(code(bogus=1)), "bogus"),
        (of(code(outputs={})), "outputs"),
        (of(code(metadata={"collapsed": 5})), "collapsed"),
        (of(code(id=7)), "id"),
        (of(code(id=[])), "id"),
        (of(code(), minor=3), "id"),
        (of(7), "cell 1"),
        (of(metadata=7), "7"),
        (of(), ""),
    ],
)
def test_as_nbformat_has_it(notebook: Any, where: str) -> None:
    found = notebook_validity.reason(notebook)
    assert where in found
    assert bool(found) is bool(where)
    assert upstreams(notebook) is not bool(found)


def test_cells_get_ids_of_their_own() -> None:
    notebook = of(code(), code(), {"cell_type": "raw", "source": "", "metadata": {}})
    assert not notebook_validity.reason(notebook)
    assert len({cell["id"] for cell in notebook["cells"]}) == 3
    assert notebook["cells"][0]["id"] == "a"


def test_outputs_are_as_they_were() -> None:
    notebook = of(code(STREAM, {"output_type": "foo"}))
    assert notebook_validity.reason(notebook)
    assert notebook["cells"][0]["outputs"] == [STREAM, {"output_type": "foo"}]


def test_what_is_not_valid_takes_no_longer() -> None:
    """nbformat checks everything again, with a validator that is twenty times slower."""
    sound = of(*(code(STREAM, STREAM, id=f"c{at}") for at in range(400)))
    broken = of(*(code(STREAM, STREAM, id=f"c{at}") for at in range(400)), code(bogus=1, id="z"))

    def calls(check: Any, notebook: Any) -> int:
        made = itertools.count()
        sys.setprofile(lambda _frame, what, _: next(made) if what == "call" else None)
        try:
            check(notebook)
        finally:
            sys.setprofile(None)
        return next(made)

    for notebook in (sound, broken):  # schemas are compiled once, here
        notebook_validity.reason(notebook)
        upstreams(notebook)
    assert calls(notebook_validity.reason, broken) < calls(upstreams, broken) / 5


def test_cells_and_outputs_are_counted_without_reading() -> None:
    notebook = of(code(STREAM, STREAM, source='"cell_type" "output_type"'), code())
    data = document_encoding.encoded({"type": "notebook", "content": notebook})
    assert document_encoding.parts(data) == document_encoding.parts_in(notebook) == 4


def test_a_notebook_is_written_as_nbformat_writes_it() -> None:
    picture = {"image/png": "a\nb\n", "application/json": {"z": 1, "a": [1, 2]}}
    shown = {"output_type": "display_data", "metadata": {}, "data": picture}
    notebook = of(code(STREAM, shown, source="a\nb\nü"), metadata={"z": 1, "signature": "x"})
    expected = nbformat.writes(nbformat.from_dict(notebook))
    written = document_encoding.encoded({"type": "notebook", "content": notebook})
    assert written.decode() == f"{expected}\n"
