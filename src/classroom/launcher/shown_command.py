"""Set the command line and environment that others see (/proc/<pid>/cmdline, …/environ).

The system reads both from the process's own memory, at the place of its start. A forked process
shows its parent's; PR_SET_MM_MAP (prctl(2), PR_SET_MM(2const)) sets another place.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SET_MM, MAP = 35, 14
UNCHANGED = 0xFFFFFFFF
LIBC = ctypes.PyDLL(None, use_errno=True)
LIBC.sbrk.restype, LIBC.malloc.restype = ctypes.c_void_p, ctypes.c_void_p
AFTER_NAME = 3
"""The field after the name, which is in brackets, in /proc/self/stat."""
FIELDS = {
    "start_code": 26,
    "end_code": 27,
    "start_stack": 28,
    "start_data": 45,
    "end_data": 46,
    "start_brk": 47,
    "arg_start": 48,
    "arg_end": 49,
    "env_start": 50,
    "env_end": 51,
}
"""Their positions in proc_pid_stat(5), from 1."""


class Map(ctypes.Structure):
    """``struct prctl_mm_map``."""

    _fields_ = (
        *((name, ctypes.c_uint64) for name in ("start_code", "end_code", "start_data", "end_data")),
        *((name, ctypes.c_uint64) for name in ("start_brk", "brk", "start_stack")),
        *((name, ctypes.c_uint64) for name in ("arg_start", "arg_end", "env_start", "env_end")),
        *(("auxv", ctypes.c_uint64), ("auxv_size", ctypes.c_uint32), ("exe_fd", ctypes.c_uint32)),
    )


def block(words: Sequence[str]) -> bytes:
    """Encode words as the system shows them: each with a NUL after it.

    Args:
        words: arguments, or variables as ``NAME=value``.
    """
    return b"".join(os.fsencode(word) + b"\0" for word in words)


def now() -> Map:
    """Read this process's memory map; possible for root, or while the process may be traced."""
    stat = Path("/proc/self/stat").read_bytes()
    found = stat[stat.rindex(b")") + 2 :].split()
    return Map(
        **{name: int(found[place - AFTER_NAME]) for name, place in FIELDS.items()},
        exe_fd=UNCHANGED,
    )


def show(current: Map, command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Have the system show a command line and an environment as this process's.

    Args:
        current: the result of `now`, in this process or in its parent before the fork.
        command: program and arguments.
        environment: the whole environment.

    Raises:
        OSError: the system refuses.
    """
    arguments = block(command)
    both = arguments + block([f"{name}={value}" for name, value in environment.items()])
    # Never freed: the system reads it until the process ends.
    place = LIBC.malloc(ctypes.c_size_t(len(both)))
    if not place:
        raise MemoryError
    ctypes.memmove(place, both, len(both))
    current.arg_start, current.arg_end = place, place + len(arguments)
    current.env_start, current.env_end = place + len(arguments), place + len(both)
    apply(current)


def apply(current: Map) -> None:
    """Pass a map to the system.

    Raises:
        OSError: the system refuses.
    """
    current.brk = LIBC.sbrk(0)
    size = ctypes.c_ulong(ctypes.sizeof(Map))
    if LIBC.prctl(SET_MM, ctypes.c_ulong(MAP), ctypes.byref(current), size, ctypes.c_ulong(0)) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
