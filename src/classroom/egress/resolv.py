"""resolv.conf(5) and hosts(5): whom to ask for names, and what everybody else is told."""

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
    """Who knows names.

    Attributes:
        asked: whom the egress proxy asks.
        forwarders: whom Docker's own resolver asks from inside the container's network.
    """

    asked: tuple[Address, ...] = ()
    forwarders: tuple[Address, ...] = ()


def addresses(words: Iterable[str]) -> tuple[Address, ...]:
    """Pick what is an address; one with a zone (fe80::1%eth0) can be neither asked nor allowed."""
    found: list[Address] = []
    for word in words:
        with contextlib.suppress(ValueError):
            address = ipaddress.ip_address(word)
            if not getattr(address, "scope_id", None):
                found.append(address)
    return tuple(dict.fromkeys(found))


def parse(text: str) -> Nameservers:
    """Read a resolv.conf: as Docker writes it, or as `render` did at an earlier start.

    Docker writes its own resolver's upstreams into a comment; those in ``host(…)`` it asks from
    the host's network, where our rules don't reach.

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
    """Write a resolv.conf in which everybody asks the students' door.

    Args:
        found: whom the egress proxy asks; kept in comments, for a start that finds this file.
        before: the file's content until now.
    """
    kept = [f"{OURS} nameserver {address}" for address in found.asked]
    kept += [line for line in before.splitlines() if line.startswith("# ExtServers:")]
    # One try: the answer comes from this machine, or not at all.
    return "\n".join(
        [*kept, f"nameserver {STUDENTS_DOOR}", "options timeout:2 attempts:1 ndots:0", ""]
    )


def answer_for(wanted: EgressSettings, name: str) -> str:
    """Decide which address a host has for students.

    Args:
        wanted: what may be reached.
        name: the host's, in any case.

    Returns:
        Its own, if it has a port in ``c.Classroom.egress_services``; the students' door for any
        other that they may reach; "" for all others.
    """
    if place := places.of_services(wanted).get(name.lower().removesuffix(".")):
        return place
    return STUDENTS_DOOR if wanted.is_allowed(name) else ""


def doors(wanted: EgressSettings) -> dict[str, str]:
    """Decide which address each host has that the Hub needs.

    A host that students may reach as well has the address that it has for them: a name has one.
    When the Hub knocks there, the rules take it to its own door (egress.nft, chain doors).

    Args:
        wanted: what may be reached.
    """
    return {host.name: answer_for(wanted, host.name) or HUB_DOOR for host in wanted.hub}


def render_hosts(before: str, names: Mapping[str, str]) -> str:
    """Put names on top of a hosts file, where they win, in place of those of an earlier start.

    Args:
        before: the file's content until now.
        names: addresses by name.
    """
    theirs = re.sub(rf"^{BEGIN}$.*?^{END}$\n", "", before, flags=re.MULTILINE | re.DOTALL)
    ours = [f"{address}\t{name}" for name, address in sorted(names.items())]
    return "\n".join([BEGIN, *ours, END, theirs])


def as_nginx(address: Address) -> str:
    """Write an address as nginx's ``resolver`` takes it."""
    return f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004
