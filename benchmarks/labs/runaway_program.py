"""What a student's program does that runs away; it stops by itself. Run in a lab, with its Python.

Each of its four ways takes what it can get for some seconds: "spin" every core, "forks" as many
processes as its bound, "memory" bytes up to its bound, "disk" the volume, with a file that has no
name.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MB = 1024**2
FILE_BYTES = 512 * MB
"""How large the file on the disk becomes before it is written again."""


def spin(end: float, bound: int) -> None:
    """Compute without a pause, on each of so many cores."""
    for _ in range(bound - 1):
        if os.fork() == 0:
            break
    while time.time() < end:
        pass


def forks(end: float, bound: int) -> None:
    """Start processes, each of which starts others without a pause; try again what is refused."""
    made = 0
    while made < bound and time.time() < end:
        with contextlib.suppress(OSError):
            made = made + 1 if os.fork() else bound
    while time.time() < end:
        with contextlib.suppress(OSError):
            if (child := os.fork()) == 0:
                os._exit(0)
            os.waitpid(child, 0)


def memory(end: float, bound: int) -> None:
    """Fill bytes up to the bound, evenly over the time that there is."""
    begun = time.time()
    kept: list[bytes] = []
    while (now := time.time()) < end:
        if len(kept) * 8 * MB < bound * (now - begun) / (end - begun):
            kept.append(b"x" * (8 * MB))
        else:
            time.sleep(0.01)


def disk(end: float, bound: int) -> None:
    """Write blocks of so many bytes, each of them through to the disk."""
    with tempfile.TemporaryFile(dir=".", buffering=0) as file:
        while time.time() < end:
            if file.tell() + bound > FILE_BYTES:
                file.seek(0)
            file.write(os.urandom(bound))
            os.fsync(file.fileno())


WAYS: dict[str, Callable[[float, int], None]] = {
    "spin": spin,
    "forks": forks,
    "memory": memory,
    "disk": disk,
}

if __name__ == "__main__":
    way, after, seconds, most = sys.argv[1:]
    time.sleep(float(after))
    WAYS[way](time.time() + float(seconds), int(most))
