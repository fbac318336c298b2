"""Measure a school of six classes on three machines; fail if a target is missed.

Run as ``python -m benchmarks.school`` from the repository's root, as root (``make bench-school``).
The machines are Docker engines in network namespaces of this machine, and share its cores with the
clients. Each class has the same number of people with whole pages (`benchmarks.pages`); one in five
types four times a second. Then everybody types a word every two seconds, while the benchmark adds a
class, changes the image, and cuts a machine off.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.conclusion import conclude
from benchmarks.school import campus, changes, report, scenes
from benchmarks.school.results import Change
from tests import labs
from tests.swarm import schools

CLASSES = ("algebra", "biology", "chemistry", "drama", "english", "french")
HEARTBEAT = "5s"
"""Swarm's default period between heartbeats; the tests use a shorter one."""


def say(text: str) -> None:
    """Print progress to standard error."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Measure a school, print its tables, and return 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.school", description=__doc__)
    parser.add_argument("--people", type=int, default=10, help="in each class, two at least")
    parser.add_argument("--seconds", type=float, default=20, help="of typing")
    parser.add_argument("--turns", type=int, default=3, help="through the front, and past it")
    parser.add_argument("--json", type=Path, help="where to keep what was measured")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        schools.joined(Path(folder), labs.PASSPHRASE_CONFIG, heartbeat=HEARTBEAT) as school,
    ):
        school.classes.update({name: school.shared(name) for name in CLASSES})
        say("set up …")
        befell = [Change(report.SET_UP, changes.command(school))]
        say(f"after {befell[0].took:.0f} s; {given.people} people sign in to each class …")
        courses = [
            campus.opened(school, name, given.people, number % len(school.nodes))
            for number, name in enumerate(CLASSES)
        ]
        say("all classes work …")
        classes, fronts = scenes.at_work(school, courses, given.seconds)
        say("through the front, and past it …")
        through, straight = scenes.both_ways(school, courses[0], given.turns, given.seconds)
        fronts = replace(fronts, through=through, straight=straight)
        say("the school changes …")
        befell += asyncio.run(changes.befall(school, courses))
    print(*report.whole(classes, fronts, befell), sep="\n")
    missed = report.missed(classes, fronts, befell)
    return conclude([*classes, fronts, *befell], missed, given.json)


if __name__ == "__main__":
    sys.exit(main())
