"""Lock the snapshots: a process that deletes some must be alone, several may read all of them."""

from __future__ import annotations

import asyncio
import fcntl
import os
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

WAIT_SECONDS = 0.2


@contextmanager
def _opened(home: Path) -> Iterator[int]:
    lock = os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield lock
    finally:
        os.close(lock)


@asynccontextmanager
async def alone(home: Path) -> AsyncIterator[None]:
    """Wait until no other process has the lock, and hold it; the system releases it at the end.

    Args:
        home: the snapshots' folder.
    """
    with _opened(home) as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                await asyncio.sleep(WAIT_SECONDS)
            else:
                break
        yield


@contextmanager
def together(home: Path) -> Iterator[None]:
    """Wait until no process changes the snapshots, and prevent changes.

    Args:
        home: the snapshots' folder.
    """
    with _opened(home) as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield
