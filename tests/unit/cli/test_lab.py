"""Which lab ``classroom lab`` means, and its message when it finds none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from classroom.cli import lab
from classroom.cli.lab import DELETE, START, STOP, ChosenLab, RefusedError
from classroom.hub.labs.registry import ROOMS, LabRegistry, Owner

if TYPE_CHECKING:
    from pathlib import Path

ROOM: dict[str, object] = {"room.algebra": {}, "room.maths": {}}


@pytest.fixture
def registry(tmp_path: Path) -> LabRegistry:
    """Ada's lab (1), room maths (2), labs of two former graces (3, 4), bob's deleted lab (5)."""
    made = LabRegistry(tmp_path / "labs.json")
    made.give(Owner("github", "1"), "ada")
    made.give(Owner(ROOMS, "maths"), "room.maths")
    made.give(Owner("github", "2"), "grace")
    made.give(Owner("github", "3"), "grace")
    made.give(Owner("github", "4"), "bob")
    made.retire(5)
    return made


@pytest.mark.parametrize(
    ("wanted", "order", "found"),
    [
        ("ada", STOP, ChosenLab(1, "ada", "ada")),
        (" Ada ", DELETE, ChosenLab(1, "ada", "ada")),
        ("maths", DELETE, ChosenLab(2, "room.maths", "maths")),
        ("3", STOP, ChosenLab(3, "grace", "grace")),
        ("algebra", START, ChosenLab(None, "room.algebra", "algebra")),
        ("eve", START, ChosenLab(None, "eve", "eve")),  # only the Hub knows if there is one
        ("bob", START, ChosenLab(None, "bob", "bob")),  # a new, empty lab
        ("bob", DELETE, ChosenLab(5, "bob", "bob")),  # again, to remove any remaining files
    ],
)
def test_a_lab_is_found_as_it_is_listed(
    registry: LabRegistry, wanted: str, order: str, found: ChosenLab
) -> None:
    assert lab.choose(registry, ROOM, wanted, order) == found


@pytest.mark.parametrize(
    ("wanted", "order", "sentence"),
    [
        ("grace", STOP, lab.SEVERAL),
        ("eve", STOP, lab.NO_SUCH),
        ("algebra", DELETE, lab.NO_SUCH),
        ("bob", STOP, lab.DELETED.format(number=5)),
        ("5", START, lab.DELETED.format(number=5)),
        *((name, order, lab.OF_CLASS) for name in ("", "0", "class") for order in (START, DELETE)),
    ],
)
def test_where_there_is_none_a_sentence_says_so(
    registry: LabRegistry, wanted: str, order: str, sentence: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        lab.choose(registry, ROOM, wanted, order)
    assert str(refused.value) == sentence
    assert "\n" not in sentence
