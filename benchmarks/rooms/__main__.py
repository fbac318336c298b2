"""Measure stock rooms, ours and Node's y-websocket alternately; print tables and missed targets.

Run as ``python -m benchmarks.rooms`` from the repository's root. One in five types four times a
second at the end of one notebook's cell; everybody echoes awareness as JupyterLab's pages do. The
latency is the time from the sending of a marker to its arrival at each of the others. The crowds
run in other processes, which share this machine's cores with the server: their CPU and lag are in
the table.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.conclusion import conclude
from benchmarks.rooms import away, report, running_lab, servers
from benchmarks.rooms.bare import bare
from benchmarks.rooms.scenes import SCENES, Found, through

PEOPLE = (2, 10, 30, 60, 100, 200, 500)
STOCK_AT_MOST = 30  # with more people, they never become quiet, and measure nothing
NODE_AT_MOST = 200  # with more people, the crowd itself is the bottleneck
ROUNDS = 3
PLAN: dict[str, dict[int, tuple[str, ...]]] = {
    "lone": {10: ("stock", "ours", "node")},
    "many": {120: ("stock", "ours", "node")},
    "storm": {30: ("stock", "ours", "node"), 100: ("ours", "node")},
    "presence": {30: ("stock", "ours", "node"), 200: ("ours", "node")},
    "outputs": {10: ("stock", "ours", "node"), 30: ("ours", "node")},
    "late": {10: ("stock", "ours", "node"), 20: ("ours", "node")},
    "deaf": {10: ("stock", "ours", "node")},
}


def kinds(people: int) -> tuple[str, ...]:
    """Return the kinds of servers to measure with a number of people in one notebook."""
    stock = ("stock",) if people <= STOCK_AT_MOST else ()
    return (*stock, "ours", *(("node",) if people <= NODE_AT_MOST else ()))


def measure(scene: str, kind: str, people: int, seconds: float) -> Found:
    """Run one scene on a new server.

    Args:
        scene: a name in `SCENES`.
        kind: "stock", "ours" or "node".
        people: the number of people.
        seconds: how long they type.
    """
    print(f"{scene}: {people} people, {kind} …", file=sys.stderr, flush=True)
    with servers.start(kind) as server:
        return SCENES[scene](server, people, seconds)


def by_both_ways(people: int, seconds: float) -> list[Found]:
    """Type in a whole lab, alternately past the front and through it.

    Args:
        people: the number of people.
        seconds: how long they type each time.
    """
    found = []
    with running_lab.start() as (_, ways, front):
        for _ in range(ROUNDS):
            for way, place in ways.items():
                print(f"{people} people, {way} …", file=sys.stderr, flush=True)
                with away.crowd([place], people, people // 5) as crowd:
                    crowd.do("settle", 30)
                    crowd.do("live", 3)
                    found.append(through(way, people, seconds, front, crowd))
    return found


def main() -> int:
    """Measure all scenes, or those that the command line names; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", nargs="+", default=["typing", *PLAN, "whole"])
    parser.add_argument("--people", type=int, nargs="+", default=PEOPLE)
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--json", type=Path, help="keep what was measured, to plot it")
    given = parser.parse_args()
    servers.build_peer()
    found = []
    for scene in given.scenes:
        plan = PLAN.get(scene, {people: kinds(people) for people in given.people})
        if scene == "whole":
            found += by_both_ways(100, given.seconds)
        else:
            for people, who in plan.items():
                found += [measure(scene, kind, people, given.seconds) for kind in who]
    for one in found:
        if one.scene == "one notebook" and one.kind == "ours":
            one.values["limit"] = bare(one.people, one.values["frames"], one.values["bytes"])
    report.show(found)
    return conclude(found, report.missed(found), given.json)


if __name__ == "__main__":
    sys.exit(main())
