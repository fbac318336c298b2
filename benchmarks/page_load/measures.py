"""The measured values, how to summarize several runs, and the targets."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Measure:
    """One row of the table.

    Attributes:
        label: the row's description.
        unit: the unit of the printed number; "" for a count.
        digits: the number of digits after the decimal point.
        summary: computes the printed value from those of all runs.
    """

    label: str
    unit: str = "s"
    digits: int = 2
    summary: Callable[[Sequence[float]], float] = statistics.median


# The values of every run, by their row.
Samples = dict[Measure, list[float]]


@dataclass(frozen=True)
class VisitMeasures:
    """The rows of one kind of visit."""

    requests: Measure
    size: Measure
    usable: Measure
    quiet: Measure


def visit_measures(which: str) -> VisitMeasures:
    """Return the rows of one kind of visit.

    Args:
        which: the kind of visit and its speed, for the labels.
    """
    return VisitMeasures(
        Measure(f"{which}: requests", "", 0),
        Measure(f"{which}: transferred", "MB"),
        Measure(f"{which}: usable after"),
        Measure(f"{which}: network quiet after"),
    )


FIRST = visit_measures("first visit, full speed")
SECOND = visit_measures("second visit, full speed")
FIRST_SLOW = visit_measures("first visit, 10 Mbit/s and 40 ms")
SECOND_SLOW = visit_measures("second visit, 10 Mbit/s and 40 ms")
FIRST_WEAK = visit_measures("first visit, processor ÷ 4")
SECOND_WEAK = visit_measures("second visit, processor ÷ 4")
FORM = Measure("sign-in form: transferred", "kB", 0)
# The kernel counts it in ticks of 10 ms: the mean of several runs is more precise than the median.
LAB_CPU = Measure("CPU of the lab server for a first visit", "s", 3, statistics.mean)
CROWD_REQUESTS = Measure("30 visitors: requests", "", 0)
CROWD_SIZE = Measure("30 visitors: transferred", "MB", 1)
CROWD_CONNECTIONS = Measure("30 visitors: connections", "", 0)
CROWD_CONNECTING = Measure("30 visitors: connections open after", "s", 3)
CROWD = Measure("30 visitors: then all have the files after", "s", 3)
CROWD_ALL = Measure("30 visitors: all have everything after", "s", 3)
CROWD_CPU = Measure("30 visitors: CPU of the container", "s", 3)
CROWD_CLIENT = Measure("30 visitors: CPU of their own side", "s", 3)
START = Measure("container start to lab answering")
MEMORY = Measure("idle memory, anonymous resident", "MB", 0)
PSS = Measure("idle memory, proportional set size", "MB", 0)
IMAGE = Measure("image size", "MB", 0)


@dataclass(frozen=True)
class Target:
    """A target.

    Attributes:
        measure: the row of the target.
        limit: the largest allowed value, in the row's unit.
        of_old: whether the limit is a share of the old recipe's value instead.
    """

    measure: Measure
    limit: float
    of_old: bool = True


# The targets of issue 2 and issue 18.
TARGETS = (
    Target(FIRST.size, 0.40),
    Target(CROWD_ALL, 0.10),
    Target(START, 0.6),
    Target(IMAGE, 0.75),
    Target(LAB_CPU, 0.15, of_old=False),
    Target(FIRST.usable, 2.2, of_old=False),
    Target(FIRST_SLOW.usable, 3.2, of_old=False),
    Target(FIRST_WEAK.usable, 5, of_old=False),
    Target(SECOND.usable, 1.6, of_old=False),
    Target(SECOND_WEAK.usable, 4, of_old=False),
    Target(FORM, 60, of_old=False),
    Target(PSS, 200, of_old=False),
    Target(IMAGE, 650, of_old=False),
)
