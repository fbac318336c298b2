"""Make the table from the samples, and a line for each target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.page_load.measures import TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.page_load.measures import Measure, Samples, Target


def shown(measure: Measure, value: float) -> str:
    """Return a value as text, with its unit."""
    return f"{value:,.{measure.digits}f} {measure.unit}".rstrip()


def ratio(measure: Measure, ours: Samples, old: Samples) -> float:
    """Return our value divided by the old recipe's; infinity if that is 0.

    Args:
        measure: the row.
        ours: our image's samples.
        old: the old recipe's samples.
    """
    divisor = measure.summary(old[measure])
    return measure.summary(ours[measure]) / divisor if divisor else float("inf")


def table(ours: Samples, old: Samples) -> Iterator[str]:
    """Make the table, with its rows in the order of their first sample.

    Args:
        ours: our image's samples.
        old: the old recipe's samples, for the same rows.

    Yields:
        Lines of a Markdown table.
    """
    rows = [("", "ours", "old recipe", "ratio", "runs")]
    rows += [
        (
            measure.label,
            shown(measure, measure.summary(values)),
            shown(measure, measure.summary(old[measure])),
            f"{ratio(measure, ours, old):.2f}",
            str(len(values)),
        )
        for measure, values in ours.items()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, (label, *numbers) in enumerate(rows):
        cells = [label.ljust(widths[0])]
        cells += [text.rjust(width) for text, width in zip(numbers, widths[1:], strict=True)]
        yield f"| {' | '.join(cells)} |"
        if number == 0:
            rules = ["-" * widths[0], *(f"{'-' * (width - 1)}:" for width in widths[1:])]
            yield f"| {' | '.join(rules)} |"


def verdict(target: Target, ours: Samples, old: Samples) -> str:
    """Return a line that says whether a target is reached, or "NOT reached".

    Args:
        target: the target.
        ours: our image's samples.
        old: the old recipe's samples.
    """
    measure = target.measure
    if target.of_old:
        value = ratio(measure, ours, old)
        said = f"{value:.2f} of the old recipe's (at most {target.limit:.2f})"
    else:
        value = measure.summary(ours[measure])
        said = (
            f"{shown(measure, value)} (at most {shown(measure, target.limit)};"
            f" {value / target.limit:.2f} of that)"
        )
    reached = "reached" if value <= target.limit else "NOT reached"
    return f"{reached:>11}  {measure.label}: {said}"


def verdicts(ours: Samples, old: Samples) -> Iterator[str]:
    """Yield a line for each target whose value was measured."""
    return (verdict(target, ours, old) for target in TARGETS if target.measure in ours)
