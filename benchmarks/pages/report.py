"""Print the table of whole pages with its targets; list the missed targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.rooms.scenes import Found

TYPING, ARRIVAL = "whole pages in one notebook", "whole pages arrive"
MEMORY, FOLDER, ALONE = "memory after page visits", "a folder of 5,000", "rooms only"


@dataclass(frozen=True)
class Row:
    """A row of the table: a value of a scene, and its target.

    Attributes:
        scene: the scene's name.
        column: the value's name.
        unit: the value's unit.
        at_most: the largest allowed value by the number of people; the key 0 is for any number.
        also: the value of "rooms only" for the ratio; "" for no ratio.
    """

    scene: str
    column: str
    unit: str
    at_most: dict[int, float]
    also: str = ""


ROWS = (
    Row(TYPING, "p95", "ms", {30: 12, 100: 20, 200: 50, 500: 150}, "p95"),
    Row(TYPING, "cores", "cores", {100: 0.35}, "cores"),
    Row(TYPING, "proxy", "cores (front)", {}, "proxy"),
    Row(TYPING, "lag", "ms (the crowd's own lag, p95)", {}, "lag"),
    Row(TYPING, "requests", "requests", {}),
    Row(TYPING, "answer", "ms (answer, p95)", {}),
    Row(TYPING, "refused", "requests refused", {0: 0}),
    Row(ARRIVAL, "settled", "ms until all are there", {100: 1500, 500: 12_000}),
    Row(ARRIVAL, "each", "ms of the lab's CPU each", {500: 20}),
    Row(ARRIVAL, "front each", "ms of the front's CPU each", {}),
    Row(ARRIVAL, "refused", "requests refused", {0: 0}),
    Row(MEMORY, "more MB", "MB more", {0: 10}),
    Row(FOLDER, "one", "ms, one person", {0: 150}),
    Row(FOLDER, "ten", "ms, ten at once", {0: 500}),
    Row(FOLDER, "cpu", "ms of the lab's CPU for all eleven", {}),
)
WHOLE = ("arrived", "equal", "saved")
"""The names of shares whose target is 1."""


def show(found: list[Found]) -> None:
    """Print the results as a Markdown table, with targets and ratios to rooms without pages."""
    print("| | people | measured | at most | ratio to rooms only |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for row in ROWS:
        for one in found:
            if one.scene != row.scene or row.column not in one.values:
                continue
            value, limit = one.values[row.column], row.at_most.get(one.people, row.at_most.get(0))
            alone = [other.values.get(row.also, 0.0) for other in found if is_alone(other, one)]
            ratio = f"{value / alone[0]:.2f}" if alone and alone[0] else ""
            shown = f"{value:.2f}" if value < 10 else f"{value:.0f}"
            words = f"{shown} {row.unit}"
            most = "" if limit is None else f"{limit:g}"
            print(f"| {row.scene} | {one.people} | {words} | {most} | {ratio} |")
    for one in found:
        shares = [f"{one.values[name]:.1%} {name}" for name in WHOLE if name in one.values]
        if shares or one.notes:
            print(f"{one.scene}, {one.people}: {', '.join(shares)} {one.notes}".rstrip())


def is_alone(other: Found, one: Found) -> bool:
    """Say whether one result is of "rooms only", with as many people as another result."""
    return other.scene == ALONE and other.people == one.people


def missed(found: list[Found]) -> list[str]:
    """Return a line for each missed target."""
    words = []
    for one in found:
        where = f"{one.scene}, {one.people} people"
        for row in ROWS:
            limit = row.at_most.get(one.people, row.at_most.get(0))
            value = one.values.get(row.column)
            if row.scene == one.scene and limit is not None and value is not None and value > limit:
                words.append(f"{where}: {value:.2f} {row.unit}, not {limit:g}")
        words += [
            f"{where}: only {one.values[name]:.1%} {name}"
            for name in WHOLE
            if one.values.get(name, 1) < 1
        ]
    return words
