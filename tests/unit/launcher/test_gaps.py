"""New objects are not placed between old ones once the gaps are filled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[3] / "src"
CODE = """
import ctypes, json, sys
from classroom.launcher import gaps

def of_malloc(size):
    return libc.malloc(size)

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_size_t, (ctypes.c_size_t,)
held = [bytes(size) for size in range(0, 100_000, 7)]
del held[::2], held[1::3]
before = [one[:2] for one in gaps._mappings()]
if "filled" in sys.argv:
    gaps.fill()

def is_old(place):
    return any(begin <= place < end for begin, end in before)

sizes = [64, 96, 160, 320, 480]
kept = [bytes(size - 33) for size in sizes for _ in range(2000)]
objects = [is_old(id(one)) for one in kept]
mallocs = [is_old(of_malloc(size)) for size in (600, 1500, 9000) for _ in range(20)]
print(json.dumps([sum(objects), sum(mallocs)]))
"""


def old(*arguments: str) -> list[int]:
    """Count how many of 10,000 objects and 60 blocks of malloc use memory from before."""
    command = [sys.executable, "-c", CODE, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    return list(json.loads(done.stdout))


def test_what_is_new_is_where_nothing_was() -> None:
    objects, mallocs = old()
    assert objects > 1000
    assert mallocs > 20
    objects, mallocs = old("filled")
    # The filling itself has used these.
    assert objects < 100
    assert mallocs < 10
