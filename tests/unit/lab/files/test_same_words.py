"""Which differences count as typed or run."""

from __future__ import annotations

from typing import Any

import pytest

from classroom.lab.files.same_words import are_same


def book(**cell: Any) -> dict[str, Any]:
    made = {"cell_type": "code", "source": "a\nb", "metadata": {}, "outputs": []}
    return {"cells": [made | cell], "metadata": {}}


@pytest.mark.parametrize(
    "other",
    [
        book(id="other"),
        book(metadata={"trusted": True}),
        book(source=["a\n", "b"]),
        book(execution_count=None),
        {**book(), "metadata": {"kernelspec": {"name": "", "display_name": ""}}},
    ],
)
def test_who_only_looks_changes_nothing(other: dict[str, Any]) -> None:
    assert are_same(book(), other)


@pytest.mark.parametrize(
    "other",
    [
        book(source="a\nbc"),
        book(cell_type="markdown"),
        book(outputs=[{"output_type": "stream", "name": "stdout", "text": "1"}]),
        {"cells": [], "metadata": {}},
    ],
)
def test_what_is_typed_or_run_counts(other: dict[str, Any]) -> None:
    assert not are_same(book(), other)


def test_texts() -> None:
    assert are_same("a", "a")
    assert not are_same("a", "b")
