"""Let a class of thirty work for an hour; fail if the lab server's memory grows.

Run as ``python -m benchmarks.lesson`` (``make soak LESSON=1``). Thirty people have whole pages of
one notebook; six of them type, each in a cell of their own. Every half minute ten people reload
their pages, a person runs their own notebook with a kernel that ends with it, and a person writes
into the chat. The benchmark reads the lab server's memory after the ten old pages are closed, and
compares its median in the last quarter with the first quarter's.

Six people who type without a pause at one place would be another measurement: Yjs keeps each of
their insertions apart, with 200 bytes each, and joins those that one person types in a row.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.lesson.activities import Busy
from benchmarks.pages import labs, scenes
from benchmarks.pages.people import WholePeople
from benchmarks.rooms import away, running_lab
from benchmarks.rooms.scenes import TYPED_PER_SECOND
from tests import logs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.pages.labs import Measured
    from benchmarks.rooms.away import Away

STAY, COME_AND_GO, TYPISTS = 20, 10, 6
TYPING_SECONDS = 30.0
FIRST_OTHER = 500_000
"""The number of the first reloaded page, which no other page has."""
EXPECTED = (r"delete /own-\d+\.ipynb",)
"""Further log lines that are expected."""
AT_MOST = 1.10
"""The limit of the ratio of the last quarter's memory to the first quarter's."""
FEWEST = 8
"""The smallest number of readings that has four quarters."""


def growth(readings: Sequence[float]) -> float:
    """Return the median of the last quarter of the readings, divided by the first quarter's.

    Args:
        readings: the readings in MB, in order.

    Raises:
        ValueError: there are fewer than `FEWEST` readings.
    """
    if len(readings) < FEWEST:
        raise ValueError(f"{len(readings)} readings are too few: {FEWEST} at least")
    quarter = len(readings) // 4
    return statistics.median(readings[-quarter:]) / statistics.median(readings[:quarter])


def turn(lab: Measured, busy: Busy, number: int, reloading: Away) -> float:
    """Reload pages, run a notebook and write into the chat, while others type.

    Args:
        lab: the lab.
        busy: the person who runs notebooks and writes.
        number: the number of this turn, from 0.
        reloading: the crowd of the people who reload.

    Returns:
        The lab server's memory in MB, after the reloaded pages have left.
    """
    reloading.do("come", scenes.ARRIVAL_SECONDS)
    busy.open_run_and_close(f"own-{number}.ipynb")
    busy.talk("busy", f"I have run notebook {number}.")
    reloading.do("leave")
    return lab.memory()


def work(minutes: float) -> list[float]:
    """Let the class work.

    Args:
        minutes: how long.

    Returns:
        The readings of the lab server's memory in MB, one for each half minute; none if the lab's
        log has unexpected lines, which are printed.
    """
    readings: list[float] = []
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(labs.start())
        begun = len(lab.started.lab.log)
        people = lab.enter(STAY + COME_AND_GO)
        client = stack.enter_context(lab.started.sign_in("busy"))
        client.headers.update(running_lab.token(client))
        staying, others = people[:STAY], people[STAY:]
        typing = stack.enter_context(scenes.crowds(lab, staying, TYPISTS, 1 / STAY))
        reloading = stack.enter_context(
            away.start(WholePeople, lab.plan, others, 0, first=FIRST_OTHER, apart=1 / COME_AND_GO)
        )
        scenes.together(typing, "come", scenes.ARRIVAL_SECONDS)
        scenes.together(typing, "take_cells")
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            for one in typing:
                one.ask("work", TYPING_SECONDS, TYPED_PER_SECOND)
            readings.append(turn(lab, Busy(client, lab), len(readings), reloading))
            for one in typing:
                one.wait()
            print(f"{len(readings)}: {readings[-1]:.1f} MB", file=sys.stderr, flush=True)
        if lines := logs.unexpected(lab.started.lab.log[begun:], EXPECTED):
            print("unexpected in the log:", *lines[:20], sep="\n")
            readings.clear()
    return readings


def main() -> int:
    """Work and compare; return 1 if the memory has grown by over 10 %, or the log has errors."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lesson", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--json", type=Path, help="where to keep the readings")
    given = parser.parse_args()
    readings = work(given.minutes)
    if given.json:
        given.json.write_text(json.dumps(readings), encoding="utf-8")
    if not readings:
        return 1
    found = growth(readings)
    print("| class of 30 | measured | at most |\n| --- | ---: | ---: |")
    print(f"| minutes | {given.minutes:g} | |")
    print(f"| lab server's memory, first reading | {readings[0]:.0f} MB | |")
    print(f"| last quarter : first quarter | {found:.3f} | {AT_MOST:g} |")
    return 0 if found <= AT_MOST else 1


if __name__ == "__main__":
    sys.exit(main())
