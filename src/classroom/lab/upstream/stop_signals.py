"""Take signals to the lab server between two steps of its event loop, not in the midst of one.

Upstream's handlers log, and a signal that comes while another record is being written ends in a
RuntimeError ("reentrant call"): such a server was never told to stop, and was killed later.
"""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def use(app: ServerApp) -> None:
    """Stop this server, or describe it in the log, by its event loop when a signal asks for it.

    Args:
        app: has set its own handlers. On its event loop, which runs until the server ends: a signal
            between two runs of a loop would be lost.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, app._signal_stop, number, None)  # noqa: SLF001
    loop.add_signal_handler(signal.SIGUSR1, app._signal_info, signal.SIGUSR1, None)  # noqa: SLF001
