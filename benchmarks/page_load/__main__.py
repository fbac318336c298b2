"""Measure this image and the old recipe alternately; print a table and a line for each target.

Run as ``python -m benchmarks.page_load`` from the repository's root.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys

from playwright.sync_api import sync_playwright

from benchmarks.page_load import containers, images, measures, report, rounds
from benchmarks.page_load.rounds import Subject

NOTES = """
Visits: Chromium with a profile of its own, signed in beforehand, from going to the lab's address;
the second in a new tab of the same profile. Usable: the lab's windows are there, its splash is
gone. Median of the runs; CPU of the lab server: mean. 30 visitors: one process, TLS, as many
connections each as Chromium opened for the same files (six to the old recipe, one, HTTP/2, to
ours), one file after the other on each. It shares this machine's cores with the server, so its own
CPU is part of what is waited for. Memory: before the first visit; the proportional set size, to
which files in memory count by how many processes share them, only where /proc shows it (root, on
the engine's machine).
"""


def say(text: str) -> None:
    """Print progress to standard error."""
    print(text, file=sys.stderr, flush=True)


def measure(subjects: list[Subject], runs: int) -> None:
    """Measure the recipes alternately, so that other load on the machine affects both.

    Args:
        subjects: the recipes; the function adds to their samples.
        runs: the number of repetitions.
    """
    with contextlib.ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        started = [stack.enter_context(containers.start(one.recipe)) for one in subjects]
        pairs = list(zip(subjects, started, strict=True))
        for subject, lab in pairs:
            rounds.warm(playwright, subject, lab)
        for run in range(runs):
            say(f"visits, {run + 1} of {runs} …")
            for subject, lab in pairs:
                rounds.come_twice(playwright, subject, lab)
                rounds.come_twice_slowly(playwright, subject, lab)
                rounds.come_twice_to_a_weak_machine(playwright, subject, lab)
                rounds.look_at_the_form(playwright, subject, lab)
        for run in range(runs):
            say(f"30 visitors at once, {run + 1} of {runs} …")
            for subject, lab in pairs:
                rounds.come_at_once(subject, lab)
    for run in range(runs):
        say(f"starts, {run + 1} of {runs} …")
        for subject in subjects:
            rounds.start(subject)


def main() -> int:
    """Build the old recipe, measure both, print, and return 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page_load", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="how often everything is done")
    runs = max(1, parser.parse_args().runs)

    say(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}: an idle machine measures best")
    say("building the old recipe; minutes when it is new …")
    ours, old = Subject(images.ours()), Subject(images.build_old())
    measure([ours, old], runs)
    for subject in (ours, old):
        subject.add(measures.IMAGE, subject.recipe.size)

    print("\n".join(report.table(ours.samples, old.samples)))
    print(NOTES)
    verdicts = report.verdicts(ours.samples, old.samples)
    print("\n".join(verdicts))
    return 1 if any(verdict.startswith("NOT") for verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
