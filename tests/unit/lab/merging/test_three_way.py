"""Merging: nothing that either side has added is missing, unless a conflict says so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.lab.merging import sequence_diff, three_way

if TYPE_CHECKING:
    from collections.abc import Sequence

ITEMS = st.lists(st.integers(0, 6), max_size=30)


@given(a=ITEMS, b=ITEMS)
def test_blocks_are_equal_and_in_order(a: Sequence[int], b: Sequence[int]) -> None:
    at = there = 0
    for block in sequence_diff.common(a, b):
        assert block.a >= at
        assert block.b >= there
        assert a[block.a : block.a + block.size] == b[block.b : block.b + block.size]
        at, there = block.a + block.size, block.b + block.size


@given(a=ITEMS)
def test_a_sequence_has_all_in_common_with_itself(a: Sequence[int]) -> None:
    assert sum(block.size for block in sequence_diff.common(a, a)) == len(a)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged", "conflicts"),
    [
        ("a\nb\nc\n", "a\nB\nc\n", "a\nb\nc\nd\n", "a\nB\nc\nd\n", 0),
        # A log grows while somebody types at its end.
        ("a\nb\n", "a\nb\ntyped", "a\nb\nlogged\n", "a\nb\ntypedlogged\n", 0),
        ("a\nb", "a\nb typed", "a\nb\nlogged\n", "a\nb typed\nlogged\n", 0),
        # One line with different words.
        (
            "x = 1  # start\n",
            "x = 1  # start here\n",
            "y = 1  # start\n",
            "y = 1  # start here\n",
            0,
        ),
        # The same word was changed on both sides.
        ("x = 1\n", "x = 2\n", "x = 3\n", "x = 2\n", 1),
        ("x = 1\n", "x = 12\n", "", "x = 12\n", 1),
        ("", "ours", "theirs", "ourstheirs", 0),
        ("", "same", "same", "same", 0),
        ("a\nb\nc\n", "a\nc\n", "a\nb\nc\nd\n", "a\nc\nd\n", 0),
        ("a\n", "", "", "", 0),
    ],
)
def test_texts(base: str, ours: str, theirs: str, merged: str, conflicts: int) -> None:
    assert three_way.text(base, ours, theirs) == (merged, conflicts)


EDIT = st.tuples(st.floats(0, 1), st.integers(0, 3), st.integers(0, 2))


def edited(text: str, edits: list[tuple[float, int, int]], mark: str) -> str:
    """Insert unique words, and remove some characters."""
    for number, (where, remove, lines) in enumerate(edits):
        at = int(where * len(text))
        breaks = "\n" * lines
        text = f"{text[:at]}{breaks} {mark}{number}{mark} {text[at + remove :]}"
    return text


@settings(deadline=None)
@given(
    base=st.text("ab \n", max_size=60),
    ours=st.lists(EDIT, max_size=3),
    theirs=st.lists(EDIT, max_size=3),
)
def test_what_is_added_is_there(
    base: str, ours: list[tuple[float, int, int]], theirs: list[tuple[float, int, int]]
) -> None:
    first, second = edited(base, ours, "X"), edited(base, theirs, "Y")
    merged = three_way.text(base, first, second)
    mine = re.findall(r"X\d+X", first)
    assert [word for word in mine if word not in merged.text] == []
    if not merged.conflicts:
        yours = re.findall(r"Y\d+Y", second)
        assert [word for word in yours if word not in merged.text] == []
    assert three_way.text(base, first, base) == (first, 0)
    assert three_way.text(base, base, second) == (second, 0)
    assert three_way.text(base, first, first) == (first, 0)


def test_a_long_log_takes_as_many_steps_as_it_has_lines() -> None:
    """Count the comparisons of lines, for an appended line and for a rewrite, instead of time."""
    counted = 0

    class Line(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            nonlocal counted
            counted += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    lines = [Line(f"{number % 7} value\n") for number in range(20_000)]
    longer = [*lines, Line("appended\n")]
    assert sequence_diff.common(lines, longer) == [(0, 0, 20_000)]
    assert counted < 50_000
    counted = 0
    sequence_diff.common(lines, [Line(f"{number % 5} other\n") for number in range(20_000)])
    assert counted < 200_000
