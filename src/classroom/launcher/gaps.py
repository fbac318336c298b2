"""Fill the gaps in the parent's memory, so that forked kernels put new objects on new pages.

Objects that were freed during the imports leave gaps everywhere in the parent's memory. A forked
process would fill them first, and would get its own copy of each page that it writes to: it copied
2,700 pages for objects that fit on 1,900. Here the parent fills the gaps once and for good, before
it freezes the heap; the gaps are memory that it has anyway. A forked process then puts new objects
on pages of its own.
"""

from __future__ import annotations

import ctypes
from bisect import bisect_right
from pathlib import Path

LARGEST_OBJECT_BYTES, ALIGNMENT_BYTES = 512, 16
"""Sizes that Python allocates by itself (pymalloc); larger objects come from malloc(3)."""
LARGEST_BYTES, FINE_BYTES, STEP_BYTES = 120 * 1024, 4096, 256
"""Sizes that malloc takes from its heap. `fill` tries each aligned size up to `FINE_BYTES`, and
above that one in each step."""
SMALLEST_BYTES = 24
"""The smallest gap that malloc leaves."""


def fill() -> None:
    """Fill the gaps of both allocators; there must be no other thread."""
    _fill_pythons()
    _fill_mallocs()


def _mappings() -> list[tuple[int, int, str]]:
    """List the mappings of this process's memory: begin, end and name."""
    found = []
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        place, *_, name = line.split(maxsplit=5)
        begin, end = (int(one, 16) for one in place.split("-"))
        found.append((begin, end, name))
    return found


def _fill_pythons() -> None:
    """Take memory of each size from Python until it comes from a new mapping."""
    allocate = ctypes.pythonapi.PyObject_Malloc
    allocate.restype, allocate.argtypes = ctypes.c_size_t, (ctypes.c_size_t,)
    known = _mappings()
    begins, ends = [one[0] for one in known], [one[1] for one in known]

    def is_new(place: int) -> bool:
        at = bisect_right(begins, place) - 1
        return at < 0 or place >= ends[at]

    for size in range(LARGEST_OBJECT_BYTES, 0, -ALIGNMENT_BYTES):
        while not is_new(allocate(size)):
            pass


def _fill_mallocs() -> None:
    """Take memory of each size from malloc, the largest first, until its heap has to grow for it.

    Memory beyond the heap's end was no gap; free it.
    """
    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_size_t, (ctypes.c_size_t,)
    libc.free.restype, libc.free.argtypes = None, (ctypes.c_size_t,)
    libc.malloc_trim(0)
    heap = next((one[:2] for one in _mappings() if one[2] == "[heap]"), None)
    if heap is None:
        return
    sizes = (
        *range(LARGEST_BYTES, FINE_BYTES, -STEP_BYTES),
        *range(FINE_BYTES, SMALLEST_BYTES - 1, -ALIGNMENT_BYTES),
        SMALLEST_BYTES,
    )
    for size in sizes:
        while heap[0] <= (place := libc.malloc(size)) < heap[1]:
            pass
        libc.free(place)
