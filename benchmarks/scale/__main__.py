"""Measure what a class costs; print it, and how many classes fit on each machine.

Run as ``python -m benchmarks.scale`` from the repository's root. Everybody has a whole page of one
notebook, one in five types four times a second, nine in ten have a kernel of their own that has
imported numpy, pandas and pyplot. The computations of students' programs are not measured.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.conclusion import conclude
from benchmarks.scale import classes
from benchmarks.scale.fitting import MACHINES, fitting

PEOPLE = (10, 30, 100)


def main() -> int:
    """Measure each size of class, print both tables, and return 0: there are no targets."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=PEOPLE)
    parser.add_argument("--seconds", type=float, default=30, help="of typing")
    parser.add_argument("--json", type=Path, help="where to keep what was measured")
    given = parser.parse_args()
    found = []
    for people in given.people:
        print(f"a class of {people} …", file=sys.stderr, flush=True)
        found.append(classes.work(people, given.seconds))
        print(found[-1], file=sys.stderr, flush=True)
    print("### a class\n")
    print("| people | cores | memory | of it each | to pages | from pages | volume grows by |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for one in found:
        each = one.memory / one.people
        print(
            f"| {one.people} | {one.cores:.2f} | {one.memory:.0f} MB | {each:.0f} MB"
            f" | {one.sent:.0f} kB/s | {one.received:.0f} kB/s | {one.disk:.1f} MB |"
        )
    print("\n### machines\n")
    print("| machine |" + "".join(f" classes of {one.people} |" for one in found))
    print("| --- |" + " ---: |" * len(found))
    for machine in MACHINES:
        cells = (fitting(machine, one) for one in found)
        words = " | ".join(f"{number}, by {what}" if number else "0" for number, what in cells)
        print(f"| {machine.cores} cores, {machine.memory // 1000} GB | {words} |")
    return conclude(found, [], given.json)


if __name__ == "__main__":
    sys.exit(main())
