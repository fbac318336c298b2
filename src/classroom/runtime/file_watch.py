"""Notice changes of a folder's content: by the system's events, and by a check every second."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

from watchfiles import watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

LOOK_SECONDS = 1.0
# Long enough for an editor's two or three steps, too short for a person to notice.
SETTLE_MILLISECONDS = 50


def listen(folder: Path, ended: threading.Event, tell: Callable[[], None]) -> None:
    """Report each change until `ended` is set, or until the folder can't be watched any more.

    Args:
        folder: the folder to watch, without the folders below it.
        ended: set when nobody listens any more.
        tell: called after each change, and from time to time without one.
    """
    # The folder is gone, the machine's limit of watched folders is reached, or the loop has ended.
    with contextlib.suppress(OSError, RuntimeError):
        for _ in watch(
            folder,
            watch_filter=None,
            recursive=False,
            debounce=2 * SETTLE_MILLISECONDS,
            step=SETTLE_MILLISECONDS,
            stop_event=ended,
            rust_timeout=int(LOOK_SECONDS * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
        ):
            tell()


async def moments(folder: Path) -> AsyncIterator[None]:
    """Yield after each change, and once a second anyway.

    The system does not report changes on some mounts (Docker Desktop, network shares), and limits
    the number of watched folders on a machine: then only the check every second finds them.

    Args:
        folder: the folder to watch, without the folders below it.
    """
    loop, changed, ended = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def tell() -> None:
        loop.call_soon_threadsafe(changed.set)

    # A daemon thread: another thread would delay the process's end, and `docker stop`.
    threading.Thread(target=listen, args=(folder, ended, tell), daemon=True).start()
    try:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await changed.wait()
            changed.clear()
            yield
    finally:
        ended.set()
