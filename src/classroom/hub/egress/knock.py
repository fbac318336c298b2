"""Open services in the rules, which nothing can change: by packets that the Hub sends to itself.

nftables/egress.nft, chain root: what root sends by UDP to a service's own address opens that
address and port for a minute. Nobody else's packet does, and it goes nowhere.
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
"""How often: the rules forget after a minute."""


def knock(places: Iterable[tuple[str, int]]) -> None:
    """Open addresses and ports.

    Args:
        places: of services (`classroom.egress.addresses.opened`).
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        for place in places:
            with contextlib.suppress(OSError):  # EPERM: dropped, as it must be
                way.sendto(b"", place)


async def keep_open(wanted: Callable[[], EgressSettings]) -> None:
    """Open what is to be open, again and again.

    Args:
        wanted: returns what may be reached now.
    """
    while True:
        with contextlib.suppress(OSError):  # no descriptors left: they come back
            knock(addresses.opened(wanted()))
        await asyncio.sleep(PAUSE_SECONDS)
