"""Make the table of personal labs with its targets, and list the missed targets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.labs.scenes import Found


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        name: the value's name.
        words: its description, with the unit.
        at_most: the largest allowed value of ours, in that unit; None for no target.
    """

    name: str
    words: str
    at_most: float | None = None


# Issue 19 sets the class's 200 ms, issue 18 the limit of a lab's start.
ROWS = (
    Row("alone p50", "a lab opens, one after the other: p50, s", 2.0),
    Row("alone p95", "the slowest of these, s"),
    Row("at once p50", "labs open, all at the same moment: p50, s"),
    Row("at once p95", "the same: p95, s"),
    Row("server", "memory of each lab's server (PSS), MB"),
    Row("whole", "what the container grows by for each lab (PSS), MB"),
    Row("typing before p95", "a keystroke in the class reaches the others: p95, ms"),
    Row("typing while labs open p95", "while all these labs open: p95, ms", 200),
    Row("typing while labs are used p95", "while people type in all of them: p95, ms", 200),
    Row("lag while labs are used p95", "the crowd's own lag meanwhile: p95, ms"),
    Row("typing beside a runaway p95", "while one lab runs away, in the class: p95, ms", 200),
    Row("typing next door to a runaway p95", "the same, in another lab: p95, ms", 200),
    Row("lag beside a runaway p95", "the crowd's own lag meanwhile: p95, ms"),
    Row("runaway processes", "the most processes of the runaway"),
    Row("runaway memory", "the most memory of its program that grows, MB"),
)


def shown(value: float) -> str:
    """Return a value as text; infinity means that it never ended."""
    if math.isinf(value):
        return "never"
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def table(found: list[Found], people: int) -> str:
    """Return a Markdown table, with the ratio of ours to stock.

    Args:
        found: the results of ours, then of stock.
        people: the number of people in the class, and with personal labs.
    """
    ours, stock = found
    lines = [
        f"| {people} labs beside a class of {people} | ours | stock | to reach | ours : stock |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for row in ROWS:
        values = [one.values[row.name] for one in (ours, stock)]
        mine, theirs = map(shown, values)
        most = "" if row.at_most is None else f"≤ {row.at_most:g}"
        ratio = f"{values[0] / values[1]:.2f}" if values[1] and math.isfinite(values[1]) else ""
        lines.append(f"| {row.words} | {mine} | {theirs} | {most} | {ratio} |")
    return "\n".join(lines)


def missed(ours: Found) -> list[str]:
    """Return a line for each target that ours misses."""
    return [
        f"{row.words}: {ours.values[row.name]:.2f}, not {row.at_most:g}"
        for row in ROWS
        if row.at_most is not None and ours.values[row.name] > row.at_most
    ]
