"""How `benchmarks.labs` computes a median, a 95th percentile and a missed target."""

from __future__ import annotations

import pytest

from benchmarks.labs import report
from benchmarks.labs.scenes import Found


@pytest.mark.parametrize(
    ("values", "median", "high"),
    [
        ([3.0, 1.0, 2.0, 5.0, 4.0], 3.0, 5.0),
        ([float(one) for one in range(1, 21)], 10.5, 19.0),
        ([float(one) for one in range(1, 101)], 50.5, 95.0),
        ([7.0], 7.0, 7.0),
    ],
)
def test_a_median_and_a_percentile_are_what_they_are_called(
    values: list[float], median: float, high: float
) -> None:
    """The 95th percentile is the least value that is at least as large as 95 % of the values."""
    found = Found("ours")
    found.spread("typing", values)
    assert found.values == {"typing p50": median, "typing p95": high}


def everything(value: float) -> dict[str, float]:
    return {row.name: value for row in report.ROWS}


def test_a_runaway_may_hold_up_neither_the_class_nor_another_lab() -> None:
    at_most = {row.name: row.at_most for row in report.ROWS if "runaway p95" in row.name}
    assert at_most == {
        "typing beside a runaway p95": 200,
        "typing next door to a runaway p95": 200,
        "lag beside a runaway p95": None,
    }
    ours = Found("ours", everything(1.0))
    assert report.missed(ours) == []
    ours.values["typing next door to a runaway p95"] = 200.5
    ours.values["lag beside a runaway p95"] = 9000.0
    assert report.missed(ours) == ["the same, in another lab: p95, ms: 200.50, not 200"]


def test_the_table_has_a_line_for_each_row() -> None:
    found = [Found("ours", everything(50.0)), Found("stock", everything(200.0))]
    head, _, *lines = report.table(found, 30).splitlines()
    assert head.startswith("| 30 labs beside a class of 30 | ours | stock |")
    assert len(lines) == len(report.ROWS)
    assert "| while one lab runs away, in the class: p95, ms | 50 | 200 | ≤ 200 | 0.25 |" in lines
