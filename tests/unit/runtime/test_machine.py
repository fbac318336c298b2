"""The machine's resources, and the warnings if they are too small."""

from __future__ import annotations

import os
import subprocess
import sys

from classroom.runtime import machine
from classroom.runtime.machine import FILES_NEEDED, MB, NEEDED_MEMORY_BYTES


def test_enough_is_not_mentioned() -> None:
    assert machine.shortages(FILES_NEEDED, NEEDED_MEMORY_BYTES) == []
    assert machine.shortages(machine.ANY_NUMBER, NEEDED_MEMORY_BYTES) == []


def test_too_little_is_a_sentence_with_the_cure() -> None:
    (little,) = machine.shortages(FILES_NEEDED, 400 * MB)
    assert "only 400 MB of memory" in little
    assert "--memory=2g" in little
    (few,) = machine.shortages(1024, NEEDED_MEMORY_BYTES)
    assert "only 1024 files, which is enough for about 85 people" in few
    assert "--ulimit nofile=65536" in few


def test_as_many_files_are_opened_as_the_machine_allows() -> None:
    code = (
        "import resource as r; from classroom.runtime import machine\n"
        "r.setrlimit(r.RLIMIT_NOFILE, (64, 256))\n"
        "print(machine.open_files(), *r.getrlimit(r.RLIMIT_NOFILE))"
    )
    there = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    found = subprocess.run(
        (sys.executable, "-c", code), capture_output=True, text=True, check=True, env=there
    )
    assert found.stdout.split() == ["256", "256", "256"]
