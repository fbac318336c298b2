"""Report the result of a soak: what was killed, what was typed, and who had to reconnect."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.soak.faults import CLASS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.soak.groups import Group

REOPENED = "own labs, after the container"
"""The name of the reopening of personal labs among the results; it is no fault of its own."""


@dataclass(frozen=True)
class Happened:
    """A fault that has happened.

    Attributes:
        name: its kind, or `REOPENED`.
        seconds: the seconds until what was killed was back.
        cut: the number of connections that ended meanwhile, by lab.
    """

    name: str
    seconds: float
    cut: Mapping[str, int]

    @property
    def in_class(self) -> int:
        """The number of the class's connections that ended."""
        return self.cut.get(CLASS, 0)

    @property
    def in_labs(self) -> int:
        """The number of personal labs' connections that ended."""
        return sum(self.cut.values()) - self.in_class


def of_faults(happened: Sequence[Happened]) -> list[str]:
    """Return the table of the faults.

    Args:
        happened: all faults.
    """
    lines = [
        "| killed | times | back after: median s | longest s | reconnections: class | own labs |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in sorted({one.name for one in happened}):
        those = [one for one in happened if one.name == name]
        took = [one.seconds for one in those]
        in_class, in_labs = sum(one.in_class for one in those), sum(one.in_labs for one in those)
        seconds = f"{statistics.median(took):.1f} | {max(took):.1f}"
        lines.append(f"| {name} | {len(took)} | {seconds} | {in_class} | {in_labs} |")
    return lines


def of_groups(groups: Sequence[Group]) -> list[str]:
    """Return the table of the labs, with their pages, edits and reconnections.

    Args:
        groups: the class, and the personal labs.
    """
    lines = [
        "| lab | pages | edits | reconnections | tries that failed |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for group in groups:
        people = group.people
        edits = sum(len(person.typed) for person in people)
        tries = sum(person.lost.total() for person in people) - group.cut
        lines.append(f"| {group.name} | {len(people)} | {edits:,} | {group.cut:,} | {tries:,} |")
    return lines


def whole(happened: Sequence[Happened], groups: Sequence[Group], wrong: Sequence[str]) -> str:
    """Return the whole report.

    Args:
        happened: all faults.
        groups: the class, and the personal labs.
        wrong: a line for each error.
    """
    lost = sum((one.lost for group in groups for one in group.people), Counter[str]())
    faults = sum(one.name != REOPENED for one in happened)
    lines = [f"{faults} faults survived", "", *of_faults(happened), "", *of_groups(groups)]
    lines += ["", *(f"{times:>5} times: {why}" for why, times in lost.most_common())]
    lines.append("edits lost: 0" if not wrong else "WRONG: " + "; ".join(wrong))
    return "\n".join(lines)
