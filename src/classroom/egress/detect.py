"""Find out which capabilities the container has, and what its kernel can do."""

from __future__ import annotations

import os
from pathlib import Path

from classroom.egress.lock import Machine
from classroom.sandbox import landlock

NET_ADMIN = 12  # linux/capability.h


def effective(status: str) -> int:
    """Read a process's effective capabilities.

    Args:
        status: the text of /proc/<pid>/status.
    """
    lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return int(lines["CapEff"], 16)


def hosts_interface(interfaces: Path) -> str:
    """Find a network interface that only a host has: a device, or a bridge for containers.

    Args:
        interfaces: /sys/class/net, or one for tests.

    Returns:
        Its name; "" if there is none.
    """
    found = sorted(
        interface.name
        for interface in interfaces.glob("*")
        if (interface / "device").exists() or (interface / "bridge").exists()
    )
    return found[0] if found else ""


def has_abstract_sockets(table: str) -> bool:
    """Say whether any process listens on an abstract unix socket.

    Args:
        table: the text of /proc/net/unix. Flag 0x10000 marks a listening socket.
    """
    rows = [line.split() for line in table.splitlines()[1:]]
    return any(len(row) > 7 and row[7].startswith("@") and row[3] == "00010000" for row in rows)  # noqa: PLR2004


def has_ipv6_route(table: str) -> bool:
    """Say whether there is a route to IPv6 addresses of other machines.

    Args:
        table: the text of /proc/net/ipv6_route: destination, its prefix's length, …, interface.
    """
    rows = [line.split() for line in table.splitlines()]
    return any(row[0] == "0" * 32 and row[1] == "00" and row[-1] != "lo" for row in rows)


def read(file: str) -> str:
    """Read a file of the kernel; "" if it does not exist."""
    path = Path(file)
    return path.read_text(encoding="utf-8") if path.exists() else ""


def first_open_port(setting: str) -> int:
    """Find the first port on which a process may listen without CAP_NET_BIND_SERVICE.

    Args:
        setting: the text of /proc/sys/net/ipv4/ip_unprivileged_port_start; "" if it is missing.
    """
    return int(setting or 0)


def look() -> Machine:
    """Find out everything about this container that `lock.choose` needs."""
    return Machine(
        net_admin=bool(effective(read(f"/proc/{os.getpid()}/status")) & 1 << NET_ADMIN),
        hosts_network=hosts_interface(Path("/sys/class/net")),
        landlock=landlock.abi(),
        abstract_sockets=has_abstract_sockets(read("/proc/net/unix")),
        first_open_port=first_open_port(read("/proc/sys/net/ipv4/ip_unprivileged_port_start")),
    )


def has_ipv6() -> bool:
    """Say whether there is IPv6 at all, even if only on loopback."""
    return Path("/proc/net/if_inet6").exists()


def ipv6() -> bool:
    """Say whether there is a route to IPv6 addresses of other machines."""
    return has_ipv6_route(read("/proc/net/ipv6_route"))
