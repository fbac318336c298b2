"""Loopback addresses that stand for services, and addresses that no name may resolve to."""

from __future__ import annotations

import hashlib
import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classroom.config.egress_settings import EgressSettings, Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

SERVICES = ipaddress.IPv4Network("127.64.0.0/10")
"""Each host with a port in ``c.Classroom.egress_services`` has one of these addresses."""
NEVER = tuple(
    map(
        ipaddress.ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32"),
            *("169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16"),
            *("198.18.0.0/15", "224.0.0.0/3", "2001::/32", "2002::/16"),
        ),
    )
)
"""Networks that the rules open for the proxy only if ``c.Classroom.egress_private`` names them
(egress.nft, never4 and never6)."""
GLOBAL6 = ipaddress.IPv6Network("2000::/3")


def of_names(names: Iterable[str]) -> dict[str, str]:
    """Give each name its own address, which is the same at each start and in each process.

    Args:
        names: names of hosts. A name's address does not depend on the other names, except if two
            names collide, which happens to two in many millions.
    """
    found: dict[str, str] = {}
    taken: set[int] = set()
    most = SERVICES.num_addresses - 2
    for name in sorted(set(names)):
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % most
        while number in taken:
            number = (number + 1) % most
        taken.add(number)
        found[name] = str(SERVICES[number + 1])
    return found


def of_services(wanted: EgressSettings) -> dict[str, str]:
    """Return the addresses of the hosts that have a port in ``c.Classroom.egress_services``."""
    return of_names(endpoint.name for endpoint in wanted.endpoints)


def opened(wanted: EgressSettings) -> dict[tuple[str, int], str]:
    """List what is open for students of these addresses.

    Args:
        wanted: what may be reached.

    Returns:
        The hosts' names, by address and port. Port 443 is open as well if the host is also in
        ``c.Classroom.egress_allow``, because a name has only one address.
    """
    places = of_services(wanted)
    found = {(places[one.name], one.port): one.name for one in wanted.endpoints}
    return found | {(place, 443): name for name, place in places.items() if wanted.is_allowed(name)}


def is_private(address: Address, named: Iterable[Network]) -> bool:
    """Say whether an address is in a network that the tutor has named.

    Args:
        address: any address.
        named: ``c.Classroom.egress_private``.
    """
    return any(address in network for network in named)


def is_reached(address: Address, named: Iterable[Network]) -> bool:
    """Say whether the rules let the proxy connect to an address outside the container.

    Args:
        address: any address.
        named: ``c.Classroom.egress_private``.
    """
    if is_private(address, named):
        return True
    if isinstance(address, ipaddress.IPv6Address) and address not in GLOBAL6:
        return False
    return not any(address in network for network in NEVER)
