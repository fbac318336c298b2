"""Notice when a folder's content changes: by the kernel's word, and by looking every second."""

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
    """Tell of each change until told to end, as long as the folder can be watched at all.

    Args:
        folder: to watch; not what is in folders below it.
        ended: set when nobody listens any more.
        tell: called after each change, or none.
    """
    # It is gone, or the machine's limit of watched folders is reached; or nobody's loop is left.
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
    """Yield whenever something may have changed: after each change, and once a second anyway.

    The kernel says nothing of changes on some mounts (Docker Desktop, network shares), and only so
    many folders can be watched on a machine: then it is the looking that finds them.

    Args:
        folder: to watch; not what is in folders below it.
    """
    loop, changed, ended = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def tell() -> None:
        loop.call_soon_threadsafe(changed.set)

    # A daemon: one that holds up the end of the process would hold up `docker stop`.
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
