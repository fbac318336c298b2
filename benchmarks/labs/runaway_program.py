"""A student's runaway program, which stops by itself; it runs in a lab, with the lab's Python.

Each of its four kinds uses a resource for some seconds: "spin" all cores, "forks" processes up to a
limit, "memory" bytes up to a limit, "disk" the volume, with a file without a name.

Its arguments are the kind, the seconds to wait, the seconds to run, and the kind's bound.
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
"""The largest size of the file on the disk: after it, the program writes from the start again."""


def spin(end: float, bound: int) -> None:
    """Keep cores busy without a pause.

    Args:
        end: when to stop, in seconds since the epoch.
        bound: the number of cores.
    """
    for _ in range(bound - 1):
        if os.fork() == 0:
            break
    while time.time() < end:
        pass


def forks(end: float, bound: int) -> None:
    """Start processes that each start others without a pause; try again if fork(2) fails.

    Args:
        end: when to stop, in seconds since the epoch.
        bound: the number of processes that fork.
    """
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
    """Fill memory up to a limit, evenly over the time.

    Args:
        end: when to stop, in seconds since the epoch.
        bound: the limit in bytes.
    """
    begun = time.time()
    kept: list[bytes] = []
    while (now := time.time()) < end:
        if len(kept) * 8 * MB < bound * (now - begun) / (end - begun):
            kept.append(b"x" * (8 * MB))
        else:
            time.sleep(0.01)


def disk(end: float, bound: int) -> None:
    """Write blocks to a file, and wait with fsync(2) after each until it is on the disk.

    Args:
        end: when to stop, in seconds since the epoch.
        bound: the size of a block in bytes.
    """
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
