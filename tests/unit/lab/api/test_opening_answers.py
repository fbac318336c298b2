"""The documents that a page opens at its start, and how JupyterLab writes their addresses."""

from __future__ import annotations

from typing import Any

import pytest

from classroom.lab.api import opening_answers


def layout(*paths: object, kind: str = "notebook") -> dict[str, Any]:
    """Return a window's layout with these documents."""
    return {"data": {f"{kind}:{path}": {"data": {"path": path}} for path in paths}}


@pytest.mark.parametrize(
    ("tree", "restored", "shown"),
    [
        (None, {}, []),
        ("/tree/a.ipynb", {}, ["a.ipynb"]),
        ("/tree/%C3%9Cbung%201/a.ipynb", {}, ["Übung 1/a.ipynb"]),
        ("/tree/folder", {}, []),
        ("/tree/a.ipynb", layout("b.ipynb", "a.ipynb"), ["a.ipynb", "b.ipynb"]),
        (None, layout(*(f"{n}.ipynb" for n in range(9))), ["0.ipynb", "1.ipynb", "2.ipynb"]),
        (None, layout("a.py", kind="editor"), []),
        ("/tree/.hidden/a.ipynb", layout(".b.ipynb", "../c.ipynb", "/d.ipynb"), []),
    ],
)
def test_what_a_page_opens_with(
    tree: str | None, restored: dict[str, Any], shown: list[str]
) -> None:
    assert opening_answers.shown(tree, restored) == shown


def test_the_welcome_notebook_comes_before_what_is_restored() -> None:
    found = opening_answers.shown("/tree/a.ipynb", layout("b.ipynb"), "Welcome.ipynb")
    assert found == ["a.ipynb", "Welcome.ipynb", "b.ipynb"]
    assert opening_answers.shown(None, {}, "Welcome.ipynb") == ["Welcome.ipynb"]


@pytest.mark.parametrize(
    "restored",
    [
        {"data": None},
        {"data": []},
        {"data": {"notebook:a": None}},
        {"data": {"notebook:a": {"data": "a.ipynb"}}},
        {"data": {"notebook:a": {"data": {"path": 5}}}},
    ],
)
def test_a_layout_may_be_any_json(restored: dict[str, Any]) -> None:
    assert opening_answers.shown(None, restored) == []


def test_addresses_are_written_as_javascript_does() -> None:
    assert opening_answers.address("a (b)/c'd!~*.ipynb") == "a%20(b)/c'd!~*.ipynb"
    assert opening_answers.address("Übung/50%.ipynb") == "%C3%9Cbung/50%25.ipynb"


def test_what_is_too_large_does_not_come_with_the_page() -> None:
    large = "x" * opening_answers.LARGEST_BYTES
    assert opening_answers.encoded({"a": large, "b": [1]}) == {"b": "[1]"}
