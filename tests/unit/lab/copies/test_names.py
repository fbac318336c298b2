"""Names for copies."""

from __future__ import annotations

import os
from itertools import islice

import pytest

from classroom.lab.copies.names import free_names


@pytest.mark.parametrize(
    ("name", "is_folder", "following"),
    [
        ("a.ipynb", False, "a-Copy1.ipynb"),
        ("Mr. X.txt", False, "Mr. X-Copy1.txt"),
        ("none", False, "none-Copy1"),
        ("x..", False, "x.-Copy1."),
        ("v1.2", True, "v1.2-Copy1"),
        ("🐙.md", False, "🐙-Copy1.md"),
    ],
)
def test_the_second_name_has_a_number(name: str, is_folder: bool, following: str) -> None:  # noqa: FBT001
    assert list(islice(free_names(name, is_folder=is_folder), 2)) == [name, following]


def test_names_are_as_long_as_they_may_be() -> None:
    for name in ("ä" * 127, "x" * 251 + ".txt", "\udcff" * 255, "y" * 255):
        for found in islice(free_names(name, is_folder=False), 1, 200):
            assert len(os.fsencode(found)) <= 255
            assert "-Copy" in found
        assert len(set(islice(free_names(name, is_folder=False), 200))) == 200
