"""Try the school's proxy and the allowed services, without a start or beside a running lab."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.egress import detect, probe, resolv
from classroom.tunnel import checks, ways
from classroom.tunnel.names import Names
from classroom.tunnel.orders import Orders

if TYPE_CHECKING:
    from classroom.config.settings import Settings
    from classroom.config.upstream import Upstream

RESOLV = Path("/etc/resolv.conf")


@dataclass(frozen=True)
class Tried:
    """What the attempt has found.

    Attributes:
        by_proxy: whether there is a proxy.
        of_proxy: what is wrong with it, in sentences.
        of_services: what is wrong with the services, in sentences.
    """

    by_proxy: bool = False
    of_proxy: tuple[str, ...] = ()
    of_services: tuple[str, ...] = ()


def orders_of(loaded: Settings) -> Orders:
    """Return what the tunnel would be configured to reach.

    Args:
        loaded: the settings.
    """
    nameservers = resolv.parse(RESOLV.read_text(encoding="utf-8")).asked
    ruled = not loaded.egress.open and detect.look().net_admin
    return Orders.of(loaded.egress, map(str, nameservers), ipv6=detect.ipv6(), ruled=ruled)


async def is_by_proxy(orders: Orders, host: str) -> bool:
    """Say whether a host is reached through the school's proxy.

    Args:
        orders: what the tunnel would be configured to reach.
        host: its name.
    """
    return await ways.goes_straight(orders, Names(orders), host) is None


def proxy_to(loaded: Settings, host: str) -> Upstream | None:
    """Find the proxy by which this process reaches a host; None for a direct connection.

    Args:
        loaded: the settings.
        host: its name.
    """
    # In a running lab, the Hub's connections lead to the proxy already.
    if loaded.egress.upstream is None or loaded.paths.lock.exists():
        return None
    return loaded.egress.upstream if asyncio.run(is_by_proxy(orders_of(loaded), host)) else None


def ask(loaded: Settings) -> Tried:
    """Try the proxy and the services.

    Args:
        loaded: the settings.
    """
    orders = orders_of(loaded)
    if not orders.is_needed:
        return Tried()
    # In a running lab, only the proxy's user may connect to other machines.
    runs = loaded.paths.lock.exists()
    with probe.acting_as("egress") if runs else contextlib.nullcontext():
        wrong = asyncio.run(checks.run(orders))
    of_proxy = tuple(one for one in wrong if one.startswith(ways.PROXY))
    of_services = tuple(one for one in wrong if one not in of_proxy)
    return Tried(orders.upstream is not None, of_proxy, of_services)
