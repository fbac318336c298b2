"""Choose the egress lock, and describe it for the Hub."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import Enum
from typing import TYPE_CHECKING

from classroom.runtime import files
from classroom.runtime.problems import Problem, StartRefusedError

if TYPE_CHECKING:
    from classroom.config.egress_settings import EgressSettings
    from classroom.runtime.paths import Paths

SCOPES_ABI = 6
"""The first version of Landlock that can forbid a process to use abstract unix sockets."""
LOWEST_DOOR = 53
"""The lowest loopback port that the lock listens on, for DNS; the others are 443."""


class LockKind(Enum):
    """By which means the lock holds."""

    NFTABLES = "nftables"
    SANDBOX = "sandbox"
    OPEN = "open"


@dataclass(frozen=True)
class Machine:
    """The container's capabilities, and what its kernel can do.

    Attributes:
        net_admin: whether this process may set rules for the container's network.
        hosts_network: an interface that shows that the network is the host's own; "" if none.
        landlock: the version of Landlock's ABI; 0 without Landlock.
        abstract_sockets: whether a process listens on abstract unix sockets in this network.
        first_open_port: the first port that needs no capability: 0 with Docker, usually 1024
            elsewhere.
    """

    net_admin: bool
    hosts_network: str = ""
    landlock: int = 0
    abstract_sockets: bool = False
    first_open_port: int = 0


@dataclass(frozen=True)
class Lock:
    """The lock that was taken.

    Attributes:
        kind: by which means it holds.
        nameservers: the nameservers of the egress proxy, as nginx writes addresses.
        ipv6: whether there is a route to IPv6 addresses.
        refusals: the file descriptor on which the kernel reports refused packets; -1 without one.
    """

    kind: LockKind = LockKind.OPEN
    nameservers: tuple[str, ...] = ()
    ipv6: bool = False
    refusals: int = -1


def choose(wanted: EgressSettings, machine: Machine) -> LockKind:
    """Decide by which means the lock holds.

    Args:
        wanted: what may be reached.
        machine: what the container and its kernel can do.

    Raises:
        StartRefusedError: no means is possible; the sentence says what to add to the command.
    """
    kind = _by_rights(wanted, machine)
    listens = kind is LockKind.NFTABLES or wanted.upstream is not None
    if listens and machine.first_open_port > LOWEST_DOOR:
        what = (
            f"it listens on ports 53 and 443 of loopback, and ports below {machine.first_open_port}"
            " need a right that the lab gives away"
        )
        cure = (
            "set the sysctl net.ipv4.ip_unprivileged_port_start to 0 (--sysctl in docker run and"
            " podman run, securityContext.sysctls in Kubernetes)"
        )
        raise StartRefusedError([Problem("egress lock", what, cure)])
    return kind


def _by_rights(wanted: EgressSettings, machine: Machine) -> LockKind:
    """Decide by the container's capabilities; arguments and error are those of `choose`."""
    if wanted.open:
        return LockKind.OPEN
    if machine.net_admin:
        if machine.hosts_network:
            what = f"the container shares its host's network ({machine.hosts_network})"
            cure = "the lock would close the host's: publish the port with -p 8443:8443 instead"
            raise StartRefusedError([Problem("egress lock", what, cure)])
        return LockKind.NFTABLES
    for setting, opened in (("egress_allow", wanted.allow), ("egress_services", wanted.endpoints)):
        if opened:
            what = f"opening {opened[0]} takes rules for the network, and the right is missing"
            cure = (
                "add --cap-add NET_ADMIN to docker run (make up does); on Kubernetes take the"
                " overlay privileged"
            )
            raise StartRefusedError([Problem(f"Classroom.{setting}", what, cure)])
    if machine.abstract_sockets and machine.landlock < SCOPES_ABI:
        what = "other programs listen on abstract unix sockets that students could reach"
        cure = "give the container a network of its own (-p 8443:8443 instead of --network)"
        raise StartRefusedError([Problem("egress lock", what, cure)])
    return LockKind.SANDBOX


def describe(kind: LockKind, wanted: EgressSettings) -> str:
    """Say in one line which lock holds.

    Args:
        kind: by which means it holds.
        wanted: what may be reached.
    """
    by = f", by the proxy {wanted.upstream}" if wanted.upstream else ""
    hubs = f"; the Hub goes by the proxy {wanted.upstream}" if wanted.upstream else ""
    if kind is LockKind.OPEN:
        return (
            "OPEN, as configured: students' code reaches every network that this container does"
            f"{hubs}"
        )
    if kind is LockKind.SANDBOX:
        return (
            "sandbox (the container has no NET_ADMIN): the lab can open no network socket at all, "
            "loopback included: no kernel debugger, no Dask; --cap-add NET_ADMIN permits those"
            f"{hubs}"
        )
    students = ", ".join(map(str, (*wanted.allow, *wanted.endpoints))) or "no host"
    hub = ", ".join(map(str, wanted.hub)) or "no host"
    return f"nftables: students reach {students}, the Hub reaches {hub}{by}"


def write(paths: Paths, lock: Lock) -> None:
    """Describe the lock for the Hub, in a file that only root can write."""
    text = json.dumps({**asdict(lock), "kind": lock.kind.value})
    files.write_private(paths.lock, text.encode())


def read(paths: Paths) -> Lock:
    """Read the lock that the start has taken.

    Args:
        paths: where things are.
    """
    values = json.loads(paths.lock.read_text(encoding="utf-8"))
    return Lock(
        kind=LockKind(values["kind"]),
        nameservers=tuple(values["nameservers"]),
        ipv6=values["ipv6"],
        refusals=values["refusals"],
    )
