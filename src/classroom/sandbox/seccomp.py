"""Become a user, and run a command that, with all its children, may use only some sockets.

Run as root, ``python -I -m classroom.sandbox.seccomp USER FAMILIES command…``. FAMILIES "unix" is
the sandbox lock. "unix,inet,inet6" is in addition to nftables, and refuses packet, vsock and other
sockets that nftables doesn't see. "any" restricts no sockets. A USER such as "lab0" is the server
of the lab with that number; it is also confined to the files that it needs
(`classroom.sandbox.lab_server`).

The order matters: the process is restricted first, while it is still root, because a process of the
same user, left over from an earlier lab, could trace an unrestricted one.
"""

from __future__ import annotations

import ctypes
import errno
import os
import pwd
import socket
import sys
from typing import Any

from classroom.runtime import lab_users
from classroom.runtime.lab_users import UnixUser
from classroom.runtime.paths import Paths
from classroom.sandbox import lab_server, landlock

LAB = "lab"
FAMILIES = {
    "unix": socket.AF_UNIX,
    "inet": socket.AF_INET,
    "inet6": socket.AF_INET6,
}
ANY = "any"
NO_NEW_PRIVS = 38  # PR_SET_NO_NEW_PRIVS
NETLINK_ROUTE = 0  # a process lists its own interfaces with it; changes need a capability
BEYOND = (
    # They make or use sockets without the calls that are filtered here.
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),
    # It takes a descriptor from another process.
    "pidfd_getfd",
)

LASTING = ("semget", "msgget")
"""Calls that make System V's semaphores and queues. These stay in the kernel's memory without a
process, up to gigabytes. POSIX's, which Python uses, are files or have a limit
(RLIMIT_MSGQUEUE)."""
WITH_RIGHTS = (
    # A new namespace, in which the process has all rights.
    *("unshare", "setns", "mount", "umount2", "pivot_root"),
    # The kernel's keys: users of all containers with the same id share a ring.
    *("add_key", "request_key", "keyctl"),
    # Parts of the kernel that only processes with rights should use.
    *("bpf", "perf_event_open", "userfaultfd"),
)
"""Calls that Docker's own filter refuses to processes without rights. Other runtimes do not: podman
lets students make namespaces, and Kubernetes has no filter unless a pod's settings have one."""
CLONE_NEWUSER = 0x10000000
PROGRAMS = ("memfd_create", "execveat")
"""Calls by which the lab server could run a program that is no file: Landlock doesn't see it."""


def prefix(python: str, user: str, families: tuple[str, ...]) -> tuple[str, ...]:
    """Build the command prefix that confines a command to some families of sockets.

    Args:
        python: the interpreter; it runs isolated, so that it loads no file of a student's.
        user: the user to become: a name, or the result of `as_lab_server`.
        families: keys of `FAMILIES`; none for no restriction.
    """
    return (python, "-I", "-m", "classroom.sandbox.seccomp", user, ",".join(families) or ANY)


def as_lab_server(lab: int) -> str:
    """Return the name of a lab's server's user for `prefix`.

    Args:
        lab: the lab's number.
    """
    return f"{LAB}{lab}"


def refused_families(allowed: set[int]) -> tuple[list[int], int]:
    """List the refused address families.

    Args:
        allowed: the numbers of the allowed families.

    Returns:
        The numbers of refused families, and the number from which on all are refused.
    """
    beyond = max(allowed) + 1
    return [family for family in range(beyond) if family not in allowed], beyond


def enter(families: tuple[str, ...], places: tuple[landlock.AllowedPath, ...] = ()) -> None:
    """Restrict this process and all its children, for good.

    Args:
        families: keys of `FAMILIES`; none to restrict no sockets.
        places: files and folders that may still be used; programs that exist only in memory are
            refused, too. Without any, all may be used.

    Raises:
        OSError: the kernel refuses.
    """
    # Not at the top: it calls ldconfig to find libseccomp, which the supervisor does not need.
    import pyseccomp as seccomp  # noqa: PLC0415

    # Other calls are allowed; calls of another ABI (x32, i386) end the process.
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    for call in (*(BEYOND if families else ()), *(PROGRAMS if places else ())):
        rules.add_rule(seccomp.ERRNO(errno.EPERM), call)
    for call in LASTING:
        rules.add_rule(seccomp.ERRNO(errno.ENOSYS), call)
    _restrict_rights(rules)
    if families:
        landlock.enter(tcp="inet" in families, places=places)
        _restrict_sockets(rules, families)
    elif places:
        landlock.confine(places)
    rules.load()


def _restrict_rights(rules: Any) -> None:
    import pyseccomp as seccomp  # noqa: PLC0415 (as above)

    for call in WITH_RIGHTS:
        rules.add_rule(seccomp.ERRNO(errno.EPERM), call)
    namespace = seccomp.Arg(0, seccomp.MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER)
    rules.add_rule(seccomp.ERRNO(errno.EPERM), "clone", namespace)
    # Its flags are in memory, which a filter can't read; programs use clone instead.
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")


def _restrict_sockets(rules: Any, families: tuple[str, ...]) -> None:
    import pyseccomp as seccomp  # noqa: PLC0415 (as above)

    # libzmq aborts on EPERM; all programs know this error from machines without IPv6.
    unsupported = seccomp.ERRNO(errno.EAFNOSUPPORT)
    singles, beyond = refused_families(
        {socket.AF_NETLINK, *(FAMILIES[family] for family in families)}
    )
    # All 64 bits are compared: a family with bits in its upper half is "beyond".
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


def become(user: UnixUser) -> None:
    """Drop root and all its rights for good.

    Args:
        user: the user to become, only with its own group.

    Raises:
        OSError: the kernel refuses.
    """
    os.setgroups(user.groups)
    os.setgid(user.gid)
    os.setuid(user.uid)


def named(user: str) -> UnixUser:
    """Look up a user of the image.

    Args:
        user: its name.
    """
    entry = pwd.getpwnam(user)
    return UnixUser(user, entry.pw_uid, entry.pw_gid, tuple(os.getgrouplist(user, entry.pw_gid)))


def main() -> None:
    """Restrict this process, become the user, and execute the command."""
    user, families, *command = sys.argv[1:]
    if ctypes.CDLL(None, use_errno=True).prctl(NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")
    number = user.removeprefix(LAB)
    lab = int(number) if user.startswith(LAB) and number.isdecimal() else None
    # Without Landlock, boot has already warned.
    places = () if lab is None else lab_server.places(Paths(lab=lab))
    enter(() if families == ANY else tuple(families.split(",")), places)
    become(named(user) if lab is None else lab_users.server(lab))
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main()
