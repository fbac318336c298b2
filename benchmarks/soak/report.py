"""What a soak has come to, in words: what was killed, what was typed, and who had to reconnect."""

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
"""What their being open again is called among what has happened: no fault of its own."""


@dataclass(frozen=True)
class Happened:
    """Something that was killed and came back.

    Attributes:
        name: its kind.
        seconds: until it was back.
        cut: connections that ended meanwhile, by lab.
    """

    name: str
    seconds: float
    cut: Mapping[str, int]

    @property
    def in_class(self) -> int:
        """How many connections of the class ended."""
        return self.cut.get(CLASS, 0)

    @property
    def in_labs(self) -> int:
        """How many connections of labs of people's own ended."""
        return sum(self.cut.values()) - self.in_class


def of_faults(happened: Sequence[Happened]) -> list[str]:
    """Write the table of what was killed.

    Args:
        happened: all of it.
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
    """Write the table of who typed where.

    Args:
        groups: the class, and each lab of somebody's own.
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
    """Word everything.

    Args:
        happened: what was killed.
        groups: the class, and each lab of somebody's own.
        wrong: what is lost or shouldn't be so; nothing if all is well.
    """
    lost = sum((one.lost for group in groups for one in group.people), Counter[str]())
    faults = sum(one.name != REOPENED for one in happened)
    lines = [f"{faults} faults survived", "", *of_faults(happened), "", *of_groups(groups)]
    lines += ["", *(f"{times:>5} times: {why}" for why, times in lost.most_common())]
    lines.append("edits lost: 0" if not wrong else "WRONG: " + "; ".join(wrong))
    return "\n".join(lines)
