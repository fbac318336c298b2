"""Find the addresses and the name by which other machines reach this one."""

from __future__ import annotations

import contextlib
import ipaddress
import socket

UDP = socket.SOCK_DGRAM

# No data is sent to them: the system only tells the address from which it would send. The first is
# public, for the route to the internet; the others are for private networks without internet.
TARGETS = ("9.9.9.9", "192.168.255.254", "10.255.255.254", "172.31.255.254")


def is_for_others(address: str) -> bool:
    """Say whether other machines can use an address of this machine.

    Args:
        address: an IP address.
    """
    found = ipaddress.ip_address(address)
    return not (found.is_loopback or found.is_unspecified or found.is_link_local)


def of_network() -> list[str]:
    """List the IPv4 addresses by which others reach this machine, the most usual first."""
    found: list[str] = []
    for target in TARGETS:
        # Suppressed: there is no route to that address.
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, UDP) as probe:
            probe.connect((target, 9))
            found.append(str(probe.getsockname()[0]))
    return [address for address in dict.fromkeys(found) if is_for_others(address)]


def resolves_to(name: str, addresses: list[str]) -> bool:
    """Say whether a name leads to one of the addresses.

    Args:
        name: a host's name.
        addresses: this machine's addresses.
    """
    try:
        answers = socket.getaddrinfo(name, None, socket.AF_INET)
    except (OSError, UnicodeError):
        return False
    return any(answer[4][0] in addresses for answer in answers)


def names(addresses: list[str]) -> list[str]:
    """List the names of this machine that other machines can use, as far as it can know.

    Args:
        addresses: this machine's addresses.
    """
    found = dict.fromkeys([socket.getfqdn(), socket.gethostname()])
    return [name for name in found if "." in name and resolves_to(name, addresses)]


def for_others() -> list[str]:
    """List names and addresses by which other machines reach this one; names first."""
    addresses = of_network()
    return [*names(addresses), *addresses]
