"""Print the tables of rooms; list the missed targets."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.rooms.scenes import Found

COLUMNS = {
    "p50": ("p50 ms", "{:.1f}"),
    "p95": ("p95 ms", "{:.1f}"),
    "settled": ("there after ms", "{:.0f}"),
    "cores": ("cores", "{:.2f}"),
    "limit": ("bare loop's", "{:.2f}"),
    "proxy": ("proxy's", "{:.2f}"),
    "loading": ("s of CPU to load", "{:.2f}"),
    "crowd": ("crowd's", "{:.2f}"),
    "lag": ("crowd's lag p95 ms", "{:.1f}"),
    "MB": ("MB", "{:.0f}"),
    "more MB": ("MB more after 150 MB", "{:.0f}"),
    "then MB": ("MB more after 300 MB", "{:.0f}"),
    "arrived": ("arrived", "{:.0%}"),
    "equal": ("equal", "{:.0%}"),
    "saved": ("on disk", "{:.0%}"),
}


@dataclass(frozen=True)
class Target:
    """A target.

    Attributes:
        scene: the scene's name.
        people: the number of people.
        column: the value's name.
        at_most: the largest allowed value, or its ratio to the value of another kind.
        of: that kind; "" for an absolute limit.
        plus: what is added to a limit by ratio, in the value's unit.
    """

    scene: str
    people: int
    column: str
    at_most: float
    of: str = ""
    plus: float = 0.0


TARGETS = (
    Target("one notebook", 30, "p95", 10),
    Target("one notebook", 100, "p95", 15),
    Target("one notebook", 100, "cores", 0.30),
    Target("one notebook", 100, "cores", 1, of="node"),
    Target("one notebook", 200, "p95", 40),
    Target("one notebook", 200, "cores", 0.70),
    Target("one notebook", 500, "p95", 150),
    Target("one notebook", 10, "MB", 1.3, of="stock"),
    Target("a lone typist", 10, "p50", 1, of="stock", plus=1.0),
    Target("all come at once", 100, "settled", 3000),
    # The server may keep the first 150 MB for the client that doesn't read; after them, no more.
    Target("one stops reading", 10, "then MB", 20),
)
PROXY_ADDS_AT_MOST = 2.0
WAYS = ("its own socket", "through 8443")


def find(found: list[Found], scene: str, people: int, kind: str, column: str) -> list[float]:
    """Return all measured values of a column.

    Args:
        found: the results.
        scene: the scene's name.
        people: the number of people.
        kind: the kind of server, or the way to it.
        column: the values' name.
    """
    return [
        one.values[column]
        for one in found
        if (one.scene, one.people, one.kind) == (scene, people, kind) and column in one.values
    ]


def missed(found: list[Found]) -> list[str]:
    """Return a line for each target that our rooms miss, of those that were measured."""
    words = []
    for target in TARGETS:
        limit = target.at_most
        if target.of:
            others = find(found, target.scene, target.people, target.of, target.column)
            limit = min(others, default=float("inf")) * target.at_most + target.plus
        where = f"{target.scene}, {target.people} people: {target.column}"
        values = find(found, target.scene, target.people, "ours", target.column)
        words += [f"{where} {value:.2f}, not {limit:.2f}" for value in values if value > limit]
    words += [
        f"{one.scene}, {one.people} people: only {one.values[column]:.1%} {column}"
        for one in found
        if one.kind in {"ours", *WAYS}
        for column in ("arrived", "equal", "saved")
        if one.values.get(column, 1) < 1
    ]
    rounds = [find(found, "the whole lab", 100, way, "p95") for way in WAYS]
    past, through = (statistics.median(values or [0.0]) for values in rounds)
    if through - past > PROXY_ADDS_AT_MOST:
        words.append(f"the proxy adds {through - past:.1f} ms at p95, not {PROXY_ADDS_AT_MOST}")
    return words


def show(found: list[Found]) -> None:
    """Print a Markdown table for each scene, with the ratio of a row's key value to ours.

    The key value is the first measured one of p95, the time to arrive, the memory and the cores.
    """
    for scene in dict.fromkeys(one.scene for one in found):
        rows = [one for one in found if one.scene == scene]
        names = [name for name in COLUMNS if any(name in row.values for row in rows)]
        key = next((name for name in ("p95", "settled", "more MB", "cores") if name in names), "")
        print(f"\n### {scene}\n")
        heads = [COLUMNS[name][0] for name in names]
        print("| people | rooms | " + " | ".join(heads) + f" | {COLUMNS[key][0]}: ratio to ours |")
        print("| ---: | --- |" + " ---: |" * (len(names) + 1))
        for row in rows:
            cells = [
                COLUMNS[name][1].format(row.values[name]) if name in row.values else ""
                for name in names
            ]
            ours = find(found, scene, row.people, "ours", key)
            ratio = f"{row.values[key] / ours[0]:.2f}" if ours and ours[0] else ""
            print(f"| {row.people} | {row.kind} | " + " | ".join(cells) + f" | {ratio} |")
