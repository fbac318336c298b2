"""Explain why a signal has ended a student's process, in words for the people who used it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from classroom.runtime import paths
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from pathlib import Path

MEMORY = gettext_noop("it was killed, most likely because the container's memory ran out")
BUS_SMALL = gettext_noop(
    "it used more shared memory than the {size} of /dev/shm (a tutor can start the lab with"
    " --shm-size=1g), or a file that it had mapped became shorter"
)
BUS = gettext_noop(
    "it used more shared memory than was left of the {size} of /dev/shm, which all programs share"
    " (use fewer processes at a time; a tutor can raise shm_size), or a file that it had mapped"
    " became shorter"
)
CRASHED = gettext_noop("it crashed, as compiled code can do ({signal})")
CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGILL, signal.SIGFPE}
ENOUGH_BYTES = 1 << 30
"""The size of /dev/shm with ``make up``. Above it, more is not the first thing to try."""


def size_of(place: Path) -> int:
    """Return a file system's size in bytes; 0 if unknown.

    Args:
        place: a folder on it.
    """
    try:
        found = os.statvfs(place)
    except OSError:
        return 0
    return found.f_blocks * found.f_frsize


def amount(size: int) -> str:
    """Write a number of bytes for people."""
    return f"{size / ENOUGH_BYTES:.3g} GB" if size >= ENOUGH_BYTES else f"{size >> 20} MB"


def why(status: int, place: Path = paths.SHARED_MEMORY) -> str:
    """Explain why a process has ended; "" if it has ended by itself, or the reason is unknown.

    Args:
        status: its exit status, negative for a signal that no part of the lab has sent.
        place: the folder of shared memory.
    """
    if status == -signal.SIGKILL:
        return gettext(MEMORY)
    if status == -signal.SIGBUS:
        size = size_of(place)
        words = gettext(BUS) if size >= ENOUGH_BYTES else gettext(BUS_SMALL)
        return words.format(size=amount(size))
    if -status in CRASHES:
        return gettext(CRASHED).format(signal=signal.Signals(-status).name)
    return ""
