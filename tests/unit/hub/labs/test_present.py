"""The people in a lab, as its server writes them: the Hub checks each value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from classroom.hub.labs.present import LONGEST_PATH_CHARACTERS, Present, present_in

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path, found: Any) -> tuple[Present, ...]:
    file = folder / "here.json"
    file.write_text(json.dumps(found))
    return present_in(file)


def test_everybody_who_is_here_by_name_with_their_place(tmp_path: Path) -> None:
    places = {"ada": {"path": "week-1/a.ipynb", "active": 60}, "gone": {"path": "b", "active": 0}}
    found = read(tmp_path, {"here": ["grace", "ada"], "places": places})
    assert found == (Present("ada", "week-1/a.ipynb", 60), Present("grace"))


def test_nobody_is_in_a_lab_that_starts(tmp_path: Path) -> None:
    assert present_in(tmp_path / "here.json") == ()


@pytest.mark.parametrize(
    "places",
    [
        None,
        ["ada"],
        {"ada": "a.ipynb"},
        {"ada": {"path": 1, "active": "now"}},
        {"ada": {"path": "a\u0000b", "active": -1}},
        {"ada": {"path": "a" * (LONGEST_PATH_CHARACTERS + 1), "active": True}},
    ],
)
def test_of_what_no_server_writes_only_the_names_are_taken(tmp_path: Path, places: Any) -> None:
    assert read(tmp_path, {"here": ["ada"], "places": places}) == (Present("ada"),)
