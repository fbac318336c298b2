"""Measure what whole pages cost the lab; print a table with targets; fail if one is missed.

Run as ``python -m benchmarks.pages`` from the repository's root. Each person has their own session,
all sockets of a page, and sends the HTTP requests of a real page (`benchmarks.pages.recording`).
One in five types four times a second. "Rooms only": the same typists on the same lab, without
pages. The crowds run in other processes, which share this machine's cores with the lab.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.conclusion import conclude
from benchmarks.pages import labs, report, scenes

PEOPLE = (30, 100, 200, 500)
SCENES = ("typing", "visits", "folder")


def say(text: str) -> None:
    """Print progress to standard error."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Measure all scenes, or those that the command line names; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("--scenes", nargs="+", choices=SCENES, default=SCENES)
    parser.add_argument("--people", type=int, nargs="+", default=PEOPLE)
    parser.add_argument("--seconds", type=float, default=12, help="of typing")
    parser.add_argument("--visits", type=int, default=2300, help="pages opened for the memory")
    parser.add_argument("--json", type=Path, help="where to keep what was measured")
    parser.add_argument("--log", type=Path, help="where to keep the last lab's log")
    given = parser.parse_args()
    found = []
    for count in given.people if "typing" in given.scenes else ():
        say(f"{count} whole pages …")
        with labs.start() as lab:
            people = lab.enter(count)
            found.append(scenes.rooms_only(lab, people, given.seconds))
            found += scenes.typing(lab, people, given.seconds)
            say(str([one.values for one in found[-3:]]))
            if given.log:
                given.log.write_text(lab.started.lab.log, encoding="utf-8")
    if {"visits", "folder"} & {*given.scenes}:
        with labs.start() as lab:
            people = lab.enter(50)
            if "folder" in given.scenes:
                say("a folder of 5,000 …")
                found.append(scenes.listing(lab, people))
                say(str(found[-1].values))
            if "visits" in given.scenes:
                say(f"{given.visits} visits …")
                found.append(scenes.visits(lab, people, max(1, given.visits // len(people))))
    report.show(found)
    return conclude(found, report.missed(found), given.json)


if __name__ == "__main__":
    sys.exit(main())
