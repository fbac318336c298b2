"""Run the tests of the image; run failed tests once more, alone, and list unsteady tests.

A test is unsteady if it fails beside other tests and passes alone: then the test or the product has
an error. The end of the run lists such tests. Up to two of them do not fail the run, because on a
busy machine a test may fail by chance, and a run takes long. More of them fail the run, and so does
each test that fails twice. Run as ``.venv/bin/python -m tools.suite``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("tests/browser", "tests/attack", "tests/container")
# One process more than cores, because tests often wait; each process runs a group of tests at a
# time, in the order of tests/conftest.py.
PROCESSES = (os.cpu_count() or 1) + 1
BESIDE = ("--numprocesses", str(PROCESSES), "--dist", "loadgroup", "--no-loadscope-reorder")
MOST_UNSTEADY_TESTS = 2
# If more tests fail than this, something is broken for all of them, and a second try is useless.
MOST_REPEATED_TESTS = 10
# The labs of three processes, their volumes and snapshots, and images that tests build.
NEEDED_DISK_BYTES = 8 * 10**9
NO_ROOM = (
    "The tests of the image need {needed:.0f} GB of free disk, and {folder} has {free:.1f} GB:"
    " `docker builder prune` deletes what Docker keeps of old builds, and `docker image prune` old"
    " images."
)
TESTS_FAILED = 1  # pytest's exit status; any other than 0 means that the run itself went wrong


def node(name: str) -> str:
    """Return a test's own name, without the group that pytest-xdist adds to it.

    Args:
        name: pytest's name, such as ``tests/a.py::test_b[c]@group``. The value of a parameter may
            contain an ``@``, and ends with a bracket.
    """
    return re.sub(r"@[\w.-]+$", "", name)


def verdict(again: Mapping[str, bool]) -> tuple[list[str], bool]:
    """Judge a run by the second tries of the failed tests.

    Args:
        again: for each failed test, whether it then passed.

    Returns:
        Lines for a person, and whether the run passes.
    """
    broken = sorted(name for name, passed in again.items() if not passed)
    unsteady = sorted(name for name, passed in again.items() if passed)
    lines = [f"failed twice: {name}" for name in broken]
    lines += [f"unsteady (failed, then passed alone): {name}" for name in unsteady]
    if len(unsteady) > MOST_UNSTEADY_TESTS:
        lines.append(f"more than {MOST_UNSTEADY_TESTS} unsteady tests fail the run")
    return lines, not broken and len(unsteady) <= MOST_UNSTEADY_TESTS


def failures(cache: Path) -> list[str]:
    """Read the names of the tests that failed in the run with this cache folder."""
    found = cache / "v" / "cache" / "lastfailed"
    return sorted({node(name) for name in json.loads(found.read_text())}) if found.exists() else []


def lack_of_disk(free: Mapping[str, int]) -> str | None:
    """Return a sentence about a folder with too little free disk for a run; None if there is none.

    Args:
        free: the free bytes of the disk of each folder.
    """
    folder = min(free, key=lambda folder: free[folder])
    if free[folder] >= NEEDED_DISK_BYTES:
        return None
    return NO_ROOM.format(folder=folder, free=free[folder] / 1e9, needed=NEEDED_DISK_BYTES / 1e9)


def free_disk() -> dict[str, int]:
    """Return the free bytes on the disks of temporary files and of a local engine, by folder."""
    asked = ["docker", "info", "--format", "{{.DockerRootDir}}"]
    engines = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    folders = [tempfile.gettempdir(), *([engines] if Path(engines).is_absolute() else [])]
    return {folder: shutil.disk_usage(folder).free for folder in folders if Path(folder).is_dir()}


def run(root: Path, name: str, arguments: Iterable[str]) -> tuple[int, list[str]]:
    """Run pytest; return its exit status and the failed tests.

    Args:
        root: the folder in which it runs.
        name: the run's name, for its cache folder.
        arguments: pytest's arguments.
    """
    cache = root / "artifacts" / "pytest" / name
    command = (sys.executable, "-m", "pytest", "--cache-clear", "-o", f"cache_dir={cache}")
    status = subprocess.run((*command, *arguments), cwd=root, check=False).returncode
    return status, failures(cache)


def main(
    root: Path = ROOT,
    options: Sequence[str] = BESIDE,
    folders: Sequence[str] = FOLDERS,
) -> int:
    """Run all tests, then each failed test once more.

    Args:
        root: the folder that contains the tests' folders.
        options: pytest's options for the run of all tests.
        folders: the tests' folders, below the root.

    Returns:
        The exit status: 0 if the run passes, 1 if tests fail, or pytest's own status if pytest
        could not run the tests.
    """
    status, failed = run(root, "together", ("--durations=25", *options, *folders))
    if status not in {0, TESTS_FAILED}:
        return status
    if status and not failed:
        print("pytest failed and named no test")
        return status
    if len(failed) > MOST_REPEATED_TESTS:
        print(f"{len(failed)} tests failed: too many to try each again")
        return 1
    lines, passed = verdict({test: run(root, "again", (test,))[0] == 0 for test in failed})
    print(*lines, sep="\n")
    return 0 if passed else 1


if __name__ == "__main__":
    if (sentence := lack_of_disk(free_disk())) is not None:
        sys.exit(sentence)
    sys.exit(main())
