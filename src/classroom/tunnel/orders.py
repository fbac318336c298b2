"""The tunnel's orders, which hosts it may reach and how: the start and the Hub write them."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.config import hosts
from classroom.config.upstream import Upstream
from classroom.egress import addresses
from classroom.runtime import files
from classroom.runtime.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import Any

    from classroom.config.egress_settings import EgressSettings, Network
    from classroom.config.hosts import Host

HTTPS = 443


@dataclass(frozen=True)
class Orders:
    """The hosts that the tunnel may reach, and how.

    Attributes:
        endpoints: names of hosts, by the address and port to which students connect.
        hub: hosts that the Hub may reach on port 443.
        allow: hosts that students may reach on port 443.
        private: private networks to which names may lead.
        nameservers: the nameservers.
        ipv6: whether the container has a route to IPv6 addresses.
        upstream: the proxy for all hosts outside private networks; None for no proxy.
        ruled: whether nftables' rules are in force, which keep the tunnel out of other private
            networks.
    """

    endpoints: Mapping[tuple[str, int], str]
    hub: tuple[Host, ...] = ()
    allow: tuple[Host, ...] = ()
    private: tuple[Network, ...] = ()
    nameservers: tuple[str, ...] = ()
    ipv6: bool = False
    upstream: Upstream | None = None
    ruled: bool = True

    @classmethod
    def of(
        cls, wanted: EgressSettings, nameservers: Iterable[str], *, ipv6: bool, ruled: bool
    ) -> Orders:
        """Make the orders from the tutor's settings.

        Args:
            wanted: the settings.
            nameservers: addresses of nameservers, in the form of nginx or resolv.conf.
            ipv6: whether the container has a route to IPv6 addresses.
            ruled: whether nftables' rules are in force. Without them only the Hub can connect to
                the tunnel.
        """
        opened = addresses.opened(wanted).items() if ruled else ()
        proxy = wanted.upstream
        return cls(
            # nginx decides about port 443, by the name in TLS.
            endpoints={place: name for place, name in opened if place[1] != HTTPS},
            hub=wanted.hub,
            allow=wanted.allow if ruled else (),
            private=wanted.private,
            nameservers=tuple(one.strip("[]") for one in nameservers),
            ipv6=ipv6,
            upstream=proxy if ruled or wanted.hub else None,
            ruled=ruled,
        )

    @property
    def is_needed(self) -> bool:
        """Say whether the tunnel has any work."""
        return bool(self.endpoints) or self.upstream is not None


def as_json(orders: Orders) -> str:
    """Return the orders as JSON."""
    proxy = orders.upstream
    found: dict[str, Any] = {
        "endpoints": [[*place, name] for place, name in orders.endpoints.items()],
        "hub": list(map(str, orders.hub)),
        "allow": list(map(str, orders.allow)),
        "private": list(map(str, orders.private)),
        "nameservers": list(orders.nameservers),
        "ipv6": orders.ipv6,
        "ruled": orders.ruled,
        "upstream": [proxy.host, proxy.port, proxy.login.reveal()] if proxy else None,
    }
    return json.dumps(found)


def write(file: Path, orders: Orders) -> None:
    """Write them, with a password, for the tunnel, in a folder that nobody else may enter."""
    files.write_for(file, as_json(orders).encode())


def read(file: Path) -> Orders:
    """Read the orders.

    Raises:
        OSError: there are none.
    """
    found = json.loads(file.read_text(encoding="utf-8"))
    proxy = found["upstream"]
    return Orders(
        endpoints={(address, port): name for address, port, name in found["endpoints"]},
        hub=tuple(map(hosts.parse, found["hub"])),
        allow=tuple(map(hosts.parse, found["allow"])),
        private=tuple(map(ipaddress.ip_network, found["private"])),
        nameservers=tuple(found["nameservers"]),
        ipv6=found["ipv6"],
        ruled=found["ruled"],
        upstream=Upstream(proxy[0], proxy[1], Secret(proxy[2])) if proxy else None,
    )
