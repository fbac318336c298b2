"""Try the services and the proxy that the tutor has configured.

The tunnel does so at each start and change, and ``classroom check`` does so without a start.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from classroom.egress import addresses
from classroom.tunnel import ways
from classroom.tunnel.names import Names
from classroom.tunnel.ways import NoWayError

if TYPE_CHECKING:
    from classroom.tunnel.orders import Orders

SERVICES = "c.Classroom.egress_services"
UNKNOWN = (
    "{where}: no nameserver knows {name}: correct it, or add that name to your DNS; until then"
    " students can't reach it."
)


async def of_service(orders: Orders, names: Names, name: str) -> list[str]:
    """Look up a service's host.

    Args:
        orders: the hosts that may be reached.
        names: looks up names.
        name: the host's name.

    Returns:
        Sentences about errors; none if there is no error.
    """
    found = await names.look_up(name)
    if any(addresses.is_private(address, orders.private) for address in found):
        return []
    if orders.upstream is not None:
        return []  # the proxy decides whether it can be reached
    if not found:
        return [UNKNOWN.format(where=SERVICES, name=name)]
    far = [address for address in found if not addresses.is_reached(address, orders.private)]
    return [ways.private(SERVICES, name, far[0])] if far else []


def first_host(orders: Orders) -> tuple[str, int] | None:
    """Choose a host to try the proxy with; None if no host is configured.

    Args:
        orders: the hosts that may be reached.
    """
    whole = [host.name for host in (*orders.hub, *orders.allow) if not host.below]
    services = [(name, port) for (_, port), name in orders.endpoints.items()]
    return next(iter([*((name, 443) for name in whole), *services]), None)


async def of_proxy(orders: Orders, names: Names) -> list[str]:
    """Connect through the proxy to the first host that may be reached.

    Args:
        orders: the hosts that may be reached.
        names: looks up the proxy's name.
    """
    tried = first_host(orders)
    if orders.upstream is None or tried is None:
        return []
    try:
        ways.close(await ways.by_proxy(orders.upstream, names, orders, *tried))
    except NoWayError as error:
        return [str(error)]
    return []


async def run(orders: Orders) -> list[str]:
    """Try all services and the proxy at the same time; return a sentence for each error.

    Args:
        orders: the hosts that may be reached.
    """
    names = Names(orders)
    hosts = dict.fromkeys(orders.endpoints.values())
    found = await asyncio.gather(
        of_proxy(orders, names), *(of_service(orders, names, name) for name in hosts)
    )
    return [sentence for one in found for sentence in one]
