"""Send requests to a kernel that has just started, until its messages reach the lab.

A page may run nothing before each of the lab's sockets receives the kernel's messages. zmq doesn't
report when a subscription has arrived, and a kernel welcomes only the first subscriber, because
XPUB reports no other (zmq_socket(3), ZMQ_XPUB_VERBOSE). Upstream sends a request, and a second one
half a second later. A warm kernel answers within some milliseconds, often before the subscription
has arrived. Its page would then wait for the second answer.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

WAITS_SECONDS = (0.02, 0.04, 0.08, 0.16)
"""How long to wait before each request; upstream's own second request follows."""


async def ask_soon(
    kernel: Any,
    session: Any,
    heard: asyncio.Future[None],
    waits_seconds: Iterable[float] = WAITS_SECONDS,
) -> None:
    """Send kernel_info requests; the kernel broadcasts its state for each. For one event loop.

    Args:
        kernel: the kernel's manager.
        session: jupyter_client's session, which signs the requests.
        heard: done when a message of the kernel has come, or no page waits for one any more.
        waits_seconds: how long to wait for `heard` before each request.
    """
    channel = kernel.connect_shell()
    try:
        for wait in waits_seconds:
            if (await asyncio.wait({heard}, timeout=wait))[0]:
                return
            session.send(channel, "kernel_info_request")
            channel.flush()  # otherwise closing the channel would drop the last one
    finally:
        channel.close()
