"""Make the tables of a school, and list the missed targets."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.school.results import Change, OfClass, OfFronts

SET_UP, MORE, IMAGE, KILLED = (
    "set up: front and six classes",
    "a class more",
    "another image, class by class",
    "a machine without power",
)
ADDED_MS, RATIO = 5.0, 2.0
"""The limits of what a front may add to a keystroke: in ms, and as a factor. The target is missed
only if both limits are exceeded: nobody notices five milliseconds, and on a busy machine a slow
keystroke may take twice as long."""
WAITED_SECONDS = {IMAGE: 30.0, MORE: 5.0}
"""The seconds that a page may wait. docs/operate/school.md promises half a minute for a class that
starts again."""
TAKEN_SECONDS = {KILLED: 60.0}
"""The seconds until the classes answer on other machines, as docs/operate/school.md promises."""


TITLES = ("classes", "the front", "changes")
"""The titles of the tables; each has a place in docs/performance.md."""


def whole(
    of_classes: Sequence[OfClass], of_fronts: OfFronts, befell: Sequence[Change]
) -> list[str]:
    """Return the lines of all tables.

    Args:
        of_classes: the results of the classes.
        of_fronts: the results of the fronts.
        befell: the results of the changes.
    """
    tables = (classes(of_classes), fronts(of_fronts), changes(befell))
    return [
        line
        for title, rows in zip(TITLES, tables, strict=True)
        for line in (f"### {title}", "", *rows, "")
    ]


def classes(found: Sequence[OfClass]) -> list[str]:
    """Return the table of all classes.

    Args:
        found: the results of each class, while all of them work.
    """
    rows = [
        "| class | on | people, by the front of | all are there after s | refused"
        " | keystroke p50 ms | p95 ms | equal | on disk | clients' lag p95 ms | cores | MB |",
        "| --- | --- | --- |" + " ---: |" * 9,
    ]
    rows += [
        f"| {one.name} | {one.node} | {one.people}, {one.by} | {one.arrival:.1f} | {one.refused}"
        f" | {one.p50:.1f} | {one.p95:.1f} | {'yes' if one.equal else 'no'} | {one.saved:.0%}"
        f" | {one.lag:.1f} | {one.cores:.2f} | {one.memory:.0f} |"
        for one in found
    ]
    return rows


def fronts(found: OfFronts) -> list[str]:
    """Return the table of the fronts."""
    through, straight = (
        f"{statistics.median(turns):.1f} ({min(turns):.1f} to {max(turns):.1f})"
        for turns in (found.through, found.straight)
    )
    return [
        "| of the front | measured | at most |",
        "| --- | ---: | ---: |",
        f"| a keystroke through it, p95: ms | {through} | |",
        f"| past it, to the class's own port: ms | {straight} | |",
        f"| what it adds: ms | {found.added:.1f} | {ADDED_MS:.0f}, or |",
        f"| ratio | {found.ratio:.2f} | {RATIO:.0f} |",
        f"| connections through all three | {found.connections} | |",
        f"| cores of all three | {found.cores:.3f} | |",
        f"| cores of 1,000 connections | {1000 * found.cores / found.connections:.2f} | |",
        f"| memory of all three without people: MB | {found.idle:.0f} | |",
        f"| memory of each connection: kB | {found.each:.0f} | |",
    ]


def changes(found: Sequence[Change]) -> list[str]:
    """Return the table of the changes."""
    rows = [
        "| | done after s | at most | its classes' pages waited s | other classes' pages s"
        " | at most | words typed | lost | clients' lag s |",
        "| --- |" + " ---: |" * 8,
    ]
    rows += [
        f"| {one.what} | {one.took:.0f} | {bound(TAKEN_SECONDS, one)} | {seconds(one.waited)}"
        f" | {seconds(one.others)} | {bound(WAITED_SECONDS, one)} | {typed(one)} |"
        for one in found
    ]
    return rows


def typed(one: Change) -> str:
    """Return a change's cells for the typed words, the lost ones, and the clients' lag."""
    return f"{one.typed:,} | {one.lost} | {one.lag:.1f}" if one.typed else " | | "


def seconds(value: float | None) -> str:
    """Return a time in seconds as text; "" if it was not measured."""
    return "" if value is None else f"{value:.1f}"


def bound(bounds: dict[str, float], one: Change) -> str:
    """Return the limit of a change in seconds as text; "" for no limit."""
    return f"{bounds[one.what]:.0f}" if one.what in bounds else ""


def missed(
    of_classes: Sequence[OfClass], of_fronts: OfFronts, befell: Sequence[Change]
) -> list[str]:
    """Return a line for each missed target; the arguments are those of `whole`."""
    lines = [line for one in of_classes for line in _of_class(one)]
    if of_fronts.added > ADDED_MS and of_fronts.ratio > RATIO:
        lines.append(f"the front: {of_fronts.added:.1f} ms more, {of_fronts.ratio:.2f} times")
    return lines + [line for change in befell for line in _of_change(change)]


def _of_class(one: OfClass) -> list[str]:
    """Return a line for each target that a class misses."""
    lines = []
    if one.refused:
        lines.append(f"{one.name}: {one.refused} requests refused")
    if one.arrival == float("inf"):
        lines.append(f"{one.name}: not all pages came")
    if one.arrived < 1 or one.saved < 1:
        shares = f"{one.arrived:.2%} arrived, {one.saved:.2%} are on the disk"
        lines.append(f"{one.name}: of the keystrokes {shares}")
    if not one.equal:
        lines.append(f"{one.name}: the pages differ")
    return lines


def _of_change(change: Change) -> list[str]:
    """Return a line for each target that a change misses."""
    lines = []
    if change.lost:
        lines.append(f"{change.what}: {change.lost} of {change.typed} words lost")
    if change.unequal:
        lines.append(f"{change.what}: the pages of {change.unequal} classes differ")
    if change.took > TAKEN_SECONDS.get(change.what, float("inf")):
        lines.append(f"{change.what}: {change.took:.0f} s, not {TAKEN_SECONDS[change.what]:.0f}")
    # If the change concerns no class, the limit is for the pages of all classes.
    waited = change.waited if change.waited is not None else change.others
    if (waited or 0.0) > WAITED_SECONDS.get(change.what, float("inf")):
        lines.append(
            f"{change.what}: pages waited {waited:.1f} s, not {WAITED_SECONDS[change.what]:.0f}"
        )
    return lines
