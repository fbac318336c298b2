"""Make the table of the times until people are disconnected, and list the missed targets."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.revocation.scenes import Found


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        name: the name of the values.
        words: the description: the cause, and the effect whose delay is measured.
        at_most: the largest number of seconds that the slowest round may take.
    """

    name: str
    words: str
    at_most: float


# docs/security.md promises three seconds, issue 10 two for the front.
ROWS = (
    Row("sockets", "taken off the list: all sockets in the class are closed", 3),
    Row("request", "taken off the list: the next request is refused", 3),
    Row("room", "taken out of a room: its socket is closed", 3),
    Row("view", "in a room, may view instead of edit: the next write is refused", 3),
    Row("group", "taken out of a group: the socket in another's lab is closed", 3),
    Row("share", "a share is revoked in the panel: the guest's socket is closed", 3),
    Row("shared", "a share is revoked in the panel: the guest's next request is refused", 3),
    Row("front", "the front is killed: it answers again", 2),
)


def table(found: list[Found]) -> str:
    """Return a Markdown table, with the ratio of a busy class to a quiet lab.

    Args:
        found: the results beside nobody, then those beside a class.
    """
    quiet, busy = found
    lines = [
        f"| seconds: median (slowest) | alone | beside {busy.people} who type | to reach | ratio |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for row in ROWS:
        values = [one.seconds.get(row.name, []) for one in (quiet, busy)]
        halves = [statistics.median(one) for one in values if one]
        shown = [f"{statistics.median(one):.2f} ({max(one):.2f})" if one else "" for one in values]
        ratio = f"{halves[1] / halves[0]:.2f}" if len(halves) > 1 else ""
        lines.append(f"| {row.words} | {shown[0]} | {shown[1]} | ≤ {row.at_most:g} | {ratio} |")
    return "\n".join(lines)


def missed(found: list[Found]) -> list[str]:
    """Return a line for each missed target; values that were not measured miss none."""
    return [
        f"{row.words}, beside {one.people}: {slowest:.2f} s, not {row.at_most:g}"
        for one in found
        for row in ROWS
        if (slowest := max(one.seconds.get(row.name, [0]))) > row.at_most
    ]
