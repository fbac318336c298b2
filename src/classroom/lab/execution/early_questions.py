"""Ask a kernel that has just started again and again, until the lab hears what it says.

A page may run nothing before the kernel is heard on each of the lab's sockets. zmq doesn't say when
a subscription has arrived, and a kernel welcomes only the first socket that subscribes: XPUB tells
it of no other (zmq_socket(3), ZMQ_XPUB_VERBOSE). Upstream asks the kernel to say something, and
after half a second again. A warm kernel answers within some milliseconds, often before the
subscription has arrived: its page would wait for the second answer.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

WAITS_SECONDS = (0.02, 0.04, 0.08, 0.16)
"""How long to wait before each question; upstream's own second one follows."""


async def ask_soon(
    kernel: Any,
    session: Any,
    heard: asyncio.Future[None],
    waits_seconds: Iterable[float] = WAITS_SECONDS,
) -> None:
    """Ask a kernel what it is, which it announces to everybody; on the event loop.

    Args:
        kernel: its manager.
        session: jupyter_client's, which signs the questions.
        heard: done when the kernel was heard, or nobody waits for that any more.
        waits_seconds: how long to wait for that before each question.
    """
    channel = kernel.connect_shell()
    try:
        for wait in waits_seconds:
            if (await asyncio.wait({heard}, timeout=wait))[0]:
                return
            session.send(channel, "kernel_info_request")
            channel.flush()  # else the last one would wait for the loop, and end with the channel
    finally:
        channel.close()
