"""Handle signals to the lab server between two steps of its event loop, not within one.

Upstream's handlers log. A signal during another log call raises a RuntimeError ("reentrant call").
Such a server didn't stop, and was killed later.
"""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def use(app: ServerApp) -> None:
    """Make the event loop stop the server, or describe it in the log, when a signal comes.

    Call it on the event loop, which must run until the server ends: a signal between two runs of a
    loop would be lost.

    Args:
        app: the server, which has set its own handlers before.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, app._signal_stop, number, None)  # noqa: SLF001
    loop.add_signal_handler(signal.SIGUSR1, app._signal_info, signal.SIGUSR1, None)  # noqa: SLF001
