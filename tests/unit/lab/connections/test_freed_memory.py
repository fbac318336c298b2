"""Memory is returned to the machine once everybody has left."""

from __future__ import annotations

import ctypes
import re
from pathlib import Path

import pytest

from classroom.lab.connections import freed_memory
from classroom.lab.connections.freed_memory import Departures

BLOCKS, SIZE = 20_000, 4096
"""The number of blocks that malloc takes from its heap: 80 MB in total."""


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        pytest.param((0, 0, 0, 0), (), id="nobody has come"),
        pytest.param((3, 0, 0, 0), (3,), id="everybody has left"),
        pytest.param((1, 0, 0, 1, 0, 0, 1), (), id="a page was reloaded"),
        pytest.param((2, 1, 1, 1), (), id="somebody is here"),
        pytest.param((1, 0, 0, 0, 0, 0, 0, 0), (3,), id="once after a visit"),
        pytest.param((1, 0, 0, 0, 0, 2, 0, 0, 0), (3, 8), id="once after each"),
    ],
)
def test_departures(looks: tuple[int, ...], expected: tuple[int, ...]) -> None:
    departures = Departures()
    over = [number for number, pages in enumerate(looks) if departures.are_over(pages)]
    assert tuple(over) == expected


def resident() -> int:
    """Return this process's memory, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+)", status)
    assert found
    return int(found[1]) * 1024


def test_holes_in_the_heap_go_back() -> None:
    """The last block keeps the heap from shrinking by itself, as any lasting object does."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, (ctypes.c_size_t,)
    libc.free.restype, libc.free.argtypes = None, (ctypes.c_void_p,)
    blocks = [libc.malloc(SIZE) for _ in range(BLOCKS)]
    for block in blocks:
        ctypes.memset(block, 1, SIZE)
    for block in blocks[:-1]:
        libc.free(block)
    before = resident()
    freed_memory.give_back()
    assert before - resident() > BLOCKS * SIZE / 2
    libc.free(blocks[-1])
