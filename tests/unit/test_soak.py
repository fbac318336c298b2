"""What a soak decides itself: what it kills, whom that may disturb, and what it reports."""

from __future__ import annotations

import itertools

import pytest

from benchmarks.soak.faults import CLASS, FAULTS, Fault, disturbed, in_turn, is_replaced, of_own_lab
from benchmarks.soak.groups import Group
from benchmarks.soak.people import Person, Place
from benchmarks.soak.report import Happened, whole
from tests import web

OWN = [*of_own_lab("own-0", 1), *of_own_lab("own-1", 2)]
ALL = [*FAULTS, *OWN]


def of_kind(name: str) -> Fault:
    return next(fault for fault in ALL if fault.name == name)


def test_each_kind_has_its_turn_before_any_comes_again() -> None:
    kinds = {fault.name for fault in ALL}
    turns = in_turn(ALL)
    assert {fault.name for fault in itertools.islice(turns, len(kinds))} == kinds
    assert all(next(turns) in ALL for _ in range(20))


@pytest.mark.parametrize(
    ("kind", "disturbs"),
    [
        ("own-lab", [CLASS, "own-1"]),
        ("own-kernel", [CLASS, "own-0", "own-1"]),
        ("lab", ["own-0", "own-1"]),
        ("Hub", [CLASS, "own-0", "own-1"]),
        ("front", []),
        ("container", []),
    ],
)
def test_what_is_killed_in_one_lab_may_cut_nobody_off_in_another(
    kind: str, disturbs: list[str]
) -> None:
    found = disturbed(of_kind(kind), {CLASS: 3, "own-0": 2, "own-1": 1})
    assert [words.split()[-1] for words in found] == disturbs
    assert disturbed(of_kind(kind), {CLASS: 0, "own-0": 0}) == []


@pytest.mark.parametrize(
    ("before", "now", "is_so"),
    [([7], [7], False), ([7], [], False), ([7], [9], True), ([7, 8], [8], False)],
)
def test_the_next_oldest_process_is_no_new_one(
    before: list[int], now: list[int], *, is_so: bool
) -> None:
    assert is_replaced(before, now) is is_so


def test_the_report_tells_the_class_from_the_labs() -> None:
    def group(name: str, *, edits: int, cut: int) -> Group:
        place = Place("wss://lab/", {}, lambda: ("", 0))
        person = Person(name, place, typed=["word"] * edits, cut=cut)
        person.lost["closed 1012"] = cut + 1
        return Group(name, f"/{name}", web.browser({}), {"n.ipynb": [person]})

    groups = [group(CLASS, edits=1200, cut=4), group("own-0", edits=70, cut=2)]
    happened = [
        Happened("front", 0.5, {CLASS: 3, "own-0": 1}),
        Happened("front", 1.5, {CLASS: 1, "own-0": 0}),
        Happened("own-lab", 2.0, {CLASS: 0, "own-0": 1}),
    ]
    told = whole(happened, groups, []).splitlines()
    assert told[0] == "3 faults survived"
    assert "| front | 2 | 1.0 | 1.5 | 4 | 1 |" in told
    assert "| own-lab | 1 | 2.0 | 2.0 | 0 | 1 |" in told
    assert "| class | 1 | 1,200 | 4 | 1 |" in told
    assert "| own-0 | 1 | 70 | 2 | 1 |" in told
    assert told[-1] == "edits lost: 0"
    assert whole(happened, groups, ["own-0: lost"]).endswith("WRONG: own-0: lost")
