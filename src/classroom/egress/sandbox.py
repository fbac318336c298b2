"""Run a command that, with all its children, can open only sockets of certain families.

Run as ``python -I -m classroom.egress.sandbox FAMILIES command…`` by a process that has
no_new_privs: "unix" is the sandbox lock, "unix,inet,inet6" what the lab gets besides nftables.
A second wall there: packet, vsock and other sockets that nftables doesn't see.
"""

from __future__ import annotations

import errno
import os
import socket
import sys

from classroom.egress import landlock

FAMILIES = {
    "unix": socket.AF_UNIX,
    "inet": socket.AF_INET,
    "inet6": socket.AF_INET6,
}
NETLINK_ROUTE = 0  # how a process lists its own interfaces; changes need a capability
BEYOND = (
    # Make sockets, or operate them, without the calls that are filtered here.
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),
    # Takes a descriptor out of another process.
    "pidfd_getfd",
)


def prefix(python: str, families: tuple[str, ...]) -> tuple[str, ...]:
    """Build the command prefix that keeps a command to some families of sockets.

    Args:
        python: the interpreter; isolated, so that nothing a student can write is loaded.
        families: keys of `FAMILIES`.
    """
    return (python, "-I", "-m", "classroom.egress.sandbox", ",".join(families))


def refused_families(allowed: set[int]) -> tuple[list[int], int]:
    """List every address family that is refused.

    Args:
        allowed: numbers of those that are not.

    Returns:
        Single numbers, and the number from which on all are refused.
    """
    beyond = max(allowed) + 1
    return [family for family in range(beyond) if family not in allowed], beyond


def enter(families: tuple[str, ...]) -> None:
    """Restrict this process and all its children, for good.

    Args:
        families: keys of `FAMILIES`.

    Raises:
        OSError: the kernel refuses.
    """
    import seccomp  # noqa: PLC0415 (Debian's binding: in the image, not where tests run)

    landlock.enter(tcp="inet" in families)
    # What isn't named is allowed; calls of another ABI (x32, i386) end the process.
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    # libzmq aborts on EPERM; this error every program knows from machines without IPv6.
    unsupported = seccomp.ERRNO(errno.EAFNOSUPPORT)
    singles, beyond = refused_families(
        {socket.AF_NETLINK, *(FAMILIES[family] for family in families)}
    )
    # All 64 bits are compared: a family that is wide by its upper half is "beyond".
    for family in singles:
        rules.add_rule(unsupported, "socket", seccomp.Arg(0, seccomp.EQ, family))
    rules.add_rule(unsupported, "socket", seccomp.Arg(0, seccomp.GE, beyond))
    rules.add_rule(
        unsupported,
        "socket",
        seccomp.Arg(0, seccomp.EQ, socket.AF_NETLINK),
        seccomp.Arg(2, seccomp.NE, NETLINK_ROUTE),
    )
    rules.add_rule(unsupported, "socketpair", seccomp.Arg(0, seccomp.NE, socket.AF_UNIX))
    for call in BEYOND:
        rules.add_rule(seccomp.ERRNO(errno.EPERM), call)
    rules.load()


def main() -> None:
    """Restrict this process and become the command."""
    families, *command = sys.argv[1:]
    enter(tuple(families.split(",")))
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main()
