"""Open services in the unchangeable rules, by packets that the Hub sends to itself.

In nftables/egress.nft, chain root, a UDP packet of root to a service's own address opens that
address and port for a minute. Packets of other users do not, and all these packets are dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

from classroom.egress import addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from classroom.config.egress_settings import EgressSettings

PAUSE_SECONDS = 5.0
"""The time between two packets; the rules close a service after a minute without one."""


def knock(places: Iterable[tuple[str, int]]) -> None:
    """Open addresses and ports.

    Args:
        places: the services' addresses and ports (`classroom.egress.addresses.opened`).
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        for place in places:
            with contextlib.suppress(OSError):  # EPERM: the packet was dropped, as expected
                way.sendto(b"", place)


async def keep_open(wanted: Callable[[], EgressSettings]) -> None:
    """Keep the services open.

    Args:
        wanted: returns what may be reached now.
    """
    while True:
        with contextlib.suppress(OSError):  # no descriptors left: try again
            knock(addresses.opened(wanted()))
        await asyncio.sleep(PAUSE_SECONDS)
