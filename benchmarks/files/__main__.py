"""Let twenty people type in ten documents while programs, people and accidents change the files.

Run by ``make soak FILES=1``. At the end each word that another page has shown must be in its
document, in its file, or in a copy of which a notice told people; anything else is an error.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from docker.types import Mount

from benchmarks.files import report
from benchmarks.files.classroom import Class
from benchmarks.files.programs import WEIGHTS
from benchmarks.soak.lab import CONFIG
from tests import labs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DISK_BYTES = 192 << 20
LOG = Path("artifacts/files.log")


@contextlib.contextmanager
def started(people: int, documents: int, weights: Mapping[str, int]) -> Iterator[Class]:
    """Start a lab with its own small disk, and sign in a class.

    Args:
        people: the number of people.
        documents: the number of documents that they share.
        weights: the relative frequency of each incident.

    Yields:
        The class. The lab ends with the context.
    """
    disk = Mount("/data", None, type="tmpfs", tmpfs_size=DISK_BYTES, tmpfs_mode=0o755)
    with tempfile.TemporaryDirectory() as folder:
        labs.write_folder(Path(folder), CONFIG, None)
        with labs.start(Path(folder), options={"mounts": [disk]}, check_log=False) as lab:
            lab.wait_healthy()
            made = Class(lab, people, documents, weights)
            with contextlib.closing(made.client):
                yield made


def main() -> int:
    """Run it, print the report, and return 1 if `report.judged` lists an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1200)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--documents", type=int, default=10)
    parser.add_argument("--incidents", nargs="+", choices=list(WEIGHTS), default=list(WEIGHTS))
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    random.seed(asked.seed)
    weights = {how: WEIGHTS[how] for how in asked.incidents}
    with started(asked.people, asked.documents, weights) as people:
        found, different = asyncio.run(people.run(asked.seconds))
        log = people.lab.log
        wrong = report.judged(found, different, people.happened.total(), log)
        print(report.report(people, found, wrong))
        if wrong:
            LOG.parent.mkdir(exist_ok=True)
            history = report.history(people, [*found.lost, *found.untold])
            LOG.write_text(f"{history}\n\n{log}", encoding="utf-8")
            print(f"What happened when, and the lab's whole log, are in {LOG}.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
