"""Which lock holds, and what the Hub must know of it."""

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
"""The version of Landlock from which it can keep a process from abstract unix sockets."""
LOWEST_DOOR = 53
"""The lowest port on loopback that the lock listens on (names); the others are 443."""


class LockKind(Enum):
    """How it is held."""

    NFTABLES = "nftables"
    SANDBOX = "sandbox"
    OPEN = "open"


@dataclass(frozen=True)
class Machine:
    """What the container was given, and what its kernel can do.

    Attributes:
        net_admin: whether this process may set rules for the container's network.
        hosts_network: an interface that shows that the network is the host's own; or "".
        landlock: version of Landlock's ABI; 0 without it.
        abstract_sockets: whether somebody listens on abstract unix sockets in this network.
        first_open_port: the first port that needs no right. Docker opens all, others from 1024 on.
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
        kind: how it is held.
        nameservers: whom the egress proxy asks, as nginx writes addresses.
        ipv6: whether there is a way to IPv6 addresses.
        refusals: file descriptor on which the kernel tells what it refused; -1 without one.
    """

    kind: LockKind = LockKind.OPEN
    nameservers: tuple[str, ...] = ()
    ipv6: bool = False
    refusals: int = -1


def choose(wanted: EgressSettings, machine: Machine) -> LockKind:
    """Decide how the lock is held.

    Args:
        wanted: what may be reached.
        machine: what is there to hold it with.

    Raises:
        StartRefusedError: it can't be held, with what to add to the command.
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
    """Decide by what the container may do; arguments and error are those of `choose`."""
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
        kind: how it is held.
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
    """Leave word for the Hub, where only root can."""
    text = json.dumps({**asdict(lock), "kind": lock.kind.value})
    files.write_private(paths.lock, text.encode())


def read(paths: Paths) -> Lock:
    """Read what the start has left.

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
