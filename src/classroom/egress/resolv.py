"""Read resolv.conf(5) for the egress proxy; write it and hosts(5) for all other processes."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.egress import addresses as places

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from classroom.config.egress_settings import EgressSettings

HUB_DOOR = "127.0.0.2"
STUDENTS_DOOR = "127.0.0.3"
TUNNEL_DOOR = "127.0.0.4"
DOCKERS = "127.0.0.11"
OURS = "# The egress lock (docs/security.md) asks in everybody's place:"
BEGIN, END = "# The egress lock: begin", "# The egress lock: end"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Nameservers:
    """The container's nameservers.

    Attributes:
        asked: nameservers that the egress proxy asks.
        forwarders: nameservers that Docker's own resolver asks from the container's network.
    """

    asked: tuple[Address, ...] = ()
    forwarders: tuple[Address, ...] = ()


def addresses(words: Iterable[str]) -> tuple[Address, ...]:
    """Pick the valid addresses, except those with a zone (fe80::1%eth0): no rule can allow them."""
    found: list[Address] = []
    for word in words:
        with contextlib.suppress(ValueError):
            address = ipaddress.ip_address(word)
            if not getattr(address, "scope_id", None):
                found.append(address)
    return tuple(dict.fromkeys(found))


def parse(text: str) -> Nameservers:
    """Read a resolv.conf: as Docker writes it, or as `render` did at an earlier start.

    Docker writes the upstreams of its own resolver into a comment. It asks those in ``host(…)``
    from the host's network, where our rules have no effect.

    Args:
        text: the file's content.
    """
    lines = [line.removeprefix(OURS).strip() for line in text.splitlines() if line.startswith(OURS)]
    lines = lines or text.splitlines()
    named = [line.split()[1] for line in lines if line.split()[:1] == ["nameserver"] and line[10:]]
    upstream = re.search(r"^# ExtServers: \[(.*)\]", text, re.MULTILINE)
    words = upstream.group(1).split() if upstream else []
    return Nameservers(addresses(named), addresses(words))


def render(found: Nameservers, before: str) -> str:
    """Write a resolv.conf with which all processes ask the lab's own nameserver for students.

    Args:
        found: the egress proxy's nameservers, kept in comments for a later start that reads them.
        before: the file's content until now.
    """
    kept = [f"{OURS} nameserver {address}" for address in found.asked]
    kept += [line for line in before.splitlines() if line.startswith("# ExtServers:")]
    # One try, because the answer comes from this machine or not at all.
    return "\n".join(
        [*kept, f"nameserver {STUDENTS_DOOR}", "options timeout:2 attempts:1 ndots:0", ""]
    )


def answer_for(wanted: EgressSettings, name: str) -> str:
    """Decide which address a host has for students.

    Args:
        wanted: what may be reached.
        name: the host's name, in upper or lower case.

    Returns:
        Its own address, if it has a port in ``c.Classroom.egress_services``; the students' port of
        the egress proxy for any other host that they may reach; "" for all others.
    """
    if place := places.of_services(wanted).get(name.lower().removesuffix(".")):
        return place
    return STUDENTS_DOOR if wanted.is_allowed(name) else ""


def doors(wanted: EgressSettings) -> dict[str, str]:
    """Decide which address each host has that the Hub needs.

    A name has only one address. A host that students may reach as well therefore has the same
    address for the Hub, and the rules redirect the Hub's connections to its own port of the egress
    proxy (egress.nft, chain doors).

    Args:
        wanted: what may be reached.
    """
    return {host.name: answer_for(wanted, host.name) or HUB_DOOR for host in wanted.hub}


def render_hosts(before: str, names: Mapping[str, str]) -> str:
    """Put names at the top of a hosts file, where they win, and remove those of an earlier start.

    Args:
        before: the file's content until now.
        names: the addresses, by name.
    """
    theirs = re.sub(rf"^{BEGIN}$.*?^{END}$\n", "", before, flags=re.MULTILINE | re.DOTALL)
    ours = [f"{address}\t{name}" for name, address in sorted(names.items())]
    return "\n".join([BEGIN, *ours, END, theirs])


def as_nginx(address: Address) -> str:
    """Write an address as nginx's ``resolver`` expects it."""
    return f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004
