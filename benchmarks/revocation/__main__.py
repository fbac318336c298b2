"""End people's access, alone and beside a class that types; print how long they stayed connected.

Run as ``python -m benchmarks.revocation`` from the repository's root. The tests wait until a person
is disconnected, however long that takes on a busy machine; this benchmark measures whether it
happens within the promised seconds.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.conclusion import conclude
from benchmarks.revocation import report, scenes


def main() -> int:
    """Measure, print, and return 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.revocation", description=__doc__)
    parser.add_argument("--people", type=int, default=30, help="in the class that types")
    parser.add_argument("--rounds", type=int, default=10, help="of each kind")
    parser.add_argument("--json", type=Path, help="where to keep what was measured")
    given = parser.parse_args()
    found = []
    with scenes.started() as school:
        for people in (0, given.people):
            print(f"beside {people} …", file=sys.stderr, flush=True)
            found.append(scenes.measure(school, people, given.rounds))
            print(found[-1].seconds, file=sys.stderr, flush=True)
    print(report.table(found))
    return conclude(found, report.missed(found), given.json)


if __name__ == "__main__":
    sys.exit(main())
