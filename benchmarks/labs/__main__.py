"""Open personal labs beside a class, ours and stock; print a table with ratios.

Run as ``python -m benchmarks.labs`` from the repository's root. Stock is JupyterHub's
`SimpleLocalProcessSpawner` with stock jupyter-collaboration, from the same image. The crowds run in
other processes, which share this machine's cores with the labs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.conclusion import conclude
from benchmarks.labs import report, scenes, subjects


def main() -> int:
    """Measure both, print the table, and return 1 if ours misses a target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.labs", description=__doc__)
    parser.add_argument("--people", type=int, default=30, help="in the class, and with labs")
    parser.add_argument("--seconds", type=float, default=12, help="of typing")
    parser.add_argument("--json", type=Path, help="where to keep what was measured")
    given = parser.parse_args()
    found = []
    for start in (subjects.ours, subjects.stock):
        print(f"{start.__name__} …", file=sys.stderr, flush=True)
        with start() as subject:
            found.append(scenes.measure(subject, given.people, given.seconds))
        print(found[-1].values, file=sys.stderr, flush=True)
    print(report.table(found, given.people))
    return conclude(found, report.missed(found[0]), given.json)


if __name__ == "__main__":
    sys.exit(main())
