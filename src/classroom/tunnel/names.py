"""Look up names at the container's real nameservers, because resolv.conf names the lab's own."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import TYPE_CHECKING

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.resolver

from classroom.config import hosts

if TYPE_CHECKING:
    from classroom.egress.addresses import Address
    from classroom.tunnel.orders import Orders

LOOKUP_SECONDS = 5.0


class Names:
    """Looks up names, and remembers each answer for its lifetime (TTL)."""

    def __init__(self, orders: Orders) -> None:
        """Begin without answers.

        Args:
            orders: the orders, with the nameservers.
        """
        self._ipv6 = orders.ipv6
        self._resolver = dns.asyncresolver.Resolver(configure=False)
        self._resolver.nameservers = list(orders.nameservers)
        self._resolver.lifetime = LOOKUP_SECONDS
        self._resolver.cache = dns.resolver.LRUCache(200)

    async def look_up(self, name: str) -> tuple[Address, ...]:
        """Find a name's addresses, IPv4 first; none if no nameserver knows it.

        Args:
            name: a host's name, or an address, which is returned.
        """
        if hosts.is_address(name):
            return (ipaddress.ip_address(name),)
        kinds = [dns.rdatatype.A, *([dns.rdatatype.AAAA] if self._ipv6 else [])]
        found = await asyncio.gather(*(self._ask(name, kind) for kind in kinds))
        return tuple(address for answer in found for address in answer)

    async def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> list[Address]:
        if not self._resolver.nameservers:
            return []
        try:
            answer = await self._resolver.resolve(f"{name}.", kind, search=False)
        except (dns.exception.DNSException, OSError):
            return []
        return [ipaddress.ip_address(record.to_text()) for record in answer]
