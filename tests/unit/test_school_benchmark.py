"""What `benchmarks.school` counts, what it calls lost, and what a missed target."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import documented
from benchmarks.school import report, staying
from benchmarks.school.results import Change, OfClass, OfFronts, Usage

CLASS = OfClass(
    name="algebra",
    node="node-2",
    by="node-1",
    people=10,
    arrival=2.5,
    refused=0,
    p50=2.0,
    p95=4.0,
    arrived=1.0,
    equal=True,
    saved=1.0,
    lag=1.2,
    cores=0.05,
    memory=600,
)
FRONTS = OfFronts(
    connections=400,
    idle=20,
    memory=40,
    cores=0.1,
    through=[5.0, 90.0, 6.0],
    straight=[4.0, 3.0, 80.0],
)
KILLED = Change(report.KILLED, took=20, waited=33, others=31, typed=900)


def test_cores_are_of_the_time_between_two_moments() -> None:
    assert Usage(at=14, cpu=9, memory=0).cores(Usage(at=10, cpu=7, memory=0)) == 0.5


def test_the_front_adds_the_difference_of_medians() -> None:
    """A single slow run on a busy machine changes neither median."""
    assert FRONTS.added == 2
    assert FRONTS.ratio == 1.5
    assert FRONTS.each == 50


@pytest.mark.parametrize(
    ("typed", "texts", "expected"),
    [
        pytest.param(["<a.0>", "<b.0>"], ["<a.0><b.0>", "x<b.0>y<a.0>"], set(), id="all there"),
        pytest.param(["<a.0>", "<b.0>"], ["<a.0><b.0>", "<a.0>"], {"<b.0>"}, id="in one page only"),
        pytest.param(["<a.1>"], ["<a.10>"], {"<a.1>"}, id="another that begins as it does"),
        pytest.param(["<a.1>"], ["", ""], {"<a.1>"}, id="nowhere"),
        pytest.param([], ["", ""], set(), id="nothing typed"),
    ],
)
def test_a_word_is_lost_that_is_missing_anywhere(
    typed: list[str], texts: list[str], expected: set[str]
) -> None:
    assert staying.lost(typed, texts) == expected


def test_what_is_as_it_should_be_misses_nothing() -> None:
    assert report.missed([CLASS], FRONTS, [Change(report.SET_UP, 400), KILLED]) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"refused": 2}, "algebra: 2 requests refused"),
        ({"arrival": float("inf")}, "algebra: not all pages came"),
        ({"saved": 0.5}, "algebra: of the keystrokes 100.00% arrived, 50.00% are on the disk"),
        ({"arrived": 0.5}, "algebra: of the keystrokes 50.00% arrived, 100.00% are on the disk"),
        ({"equal": False}, "algebra: the pages differ"),
    ],
)
def test_each_fault_of_a_class_is_named(change: dict[str, float], said: str) -> None:
    found = replace(CLASS, **change)  # type: ignore[arg-type]
    assert report.missed([CLASS, found], FRONTS, []) == [said]


@pytest.mark.parametrize(
    ("through", "straight", "is_missed"),
    [
        pytest.param(8.0, 3.5, False, id="less than five milliseconds, though twice as long"),
        pytest.param(60.0, 40.0, False, id="not twice as long, though many milliseconds"),
        pytest.param(12.0, 4.0, True, id="neither"),
    ],
)
def test_the_front_has_two_bounds(through: float, straight: float, *, is_missed: bool) -> None:
    found = replace(FRONTS, through=[through], straight=[straight])
    assert bool(report.missed([], found, [])) is is_missed


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (replace(KILLED, lost=1), f"{report.KILLED}: 1 of 900 words lost"),
        (replace(KILLED, unequal=2), f"{report.KILLED}: the pages of 2 classes differ"),
        (replace(KILLED, took=61), f"{report.KILLED}: 61 s, not 60"),
        (Change(report.IMAGE, 99, waited=31), f"{report.IMAGE}: pages waited 31.0 s, not 30"),
        (Change(report.MORE, 9, others=6), f"{report.MORE}: pages waited 6.0 s, not 5"),
    ],
)
def test_each_fault_while_something_changes_is_named(change: Change, said: str) -> None:
    assert report.missed([], FRONTS, [change]) == [said]


def test_each_table_has_a_place_of_its_own() -> None:
    befell = [Change(report.SET_UP, 100), KILLED]
    found = documented.tables("school", "\n".join(report.whole([CLASS, CLASS], FRONTS, befell)))
    assert list(found) == ["school, classes", "school, the front", "school, changes"]
    for table in found.values():
        head, *rows = table.splitlines()
        assert {row.count("|") for row in rows} == {head.count("|")}
    assert (
        f"| {report.KILLED} | 20 | 60 | 33.0 | 31.0 |  | 900 | 0 | 0.0 |"
        in found["school, changes"].splitlines()
    )
