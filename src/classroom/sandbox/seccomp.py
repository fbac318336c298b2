"""Become a user and run a command that, with all its children, is kept to some kinds of sockets.

Run as root, ``python -I -m classroom.sandbox.seccomp USER FAMILIES command…``: "unix" is the
sandbox lock, "unix,inet,inet6" what the lab gets besides nftables, a second wall: packet, vsock and
other sockets that nftables doesn't see; "any" restricts no sockets. As USER, "lab" and a lab's
number, such as "lab0", is that lab's server, kept to the files that it needs besides
(`classroom.sandbox.lab_server`).

The order matters: restricted first, while still root. Until it is, no process of the same user may
trace it, and what is left of an earlier lab may be running as that user.
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
NETLINK_ROUTE = 0  # how a process lists its own interfaces; changes need a capability
BEYOND = (
    # Make sockets, or operate them, without the calls that are filtered here.
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),
    # Takes a descriptor out of another process.
    "pidfd_getfd",
)

LASTING = ("semget", "msgget")
"""Make what stays in the kernel's memory when no process has it, by the gigabyte: System V's
semaphores and queues. POSIX's, which Python uses, are files or have a limit (RLIMIT_MSGQUEUE)."""
WITH_RIGHTS = (
    # A namespace of one's own, in which one has every right.
    *("unshare", "setns", "mount", "umount2", "pivot_root"),
    # The kernel's keys: one ring for the users of all containers that have the same number.
    *("add_key", "request_key", "keyctl"),
    # Parts of the kernel that are nobody's without rights.
    *("bpf", "perf_event_open", "userfaultfd"),
)
"""What Docker's own filter refuses to who has no rights. Not every runtime's does: podman's lets
students make namespaces, and Kubernetes has no filter unless a pod asks for one."""
CLONE_NEWUSER = 0x10000000
PROGRAMS = ("memfd_create", "execveat")
"""What the lab server would run a program by that is no file: Landlock doesn't see those."""


def prefix(python: str, user: str, families: tuple[str, ...]) -> tuple[str, ...]:
    """Build the command prefix that keeps a command to some families of sockets.

    Args:
        python: the interpreter; isolated, so that nothing a student can write is loaded.
        user: whom to become: a name, or `as_lab_server`.
        families: keys of `FAMILIES`; none for no restriction.
    """
    return (python, "-I", "-m", "classroom.sandbox.seccomp", user, ",".join(families) or ANY)


def as_lab_server(lab: int) -> str:
    """Name the user that a lab's server is, for `prefix`.

    Args:
        lab: the lab's number.
    """
    return f"{LAB}{lab}"


def refused_families(allowed: set[int]) -> tuple[list[int], int]:
    """List every address family that is refused.

    Args:
        allowed: numbers of those that are not.

    Returns:
        Single numbers, and the number from which on all are refused.
    """
    beyond = max(allowed) + 1
    return [family for family in range(beyond) if family not in allowed], beyond


def enter(families: tuple[str, ...], places: tuple[landlock.AllowedPath, ...] = ()) -> None:
    """Restrict this process and all its children, for good.

    Args:
        families: keys of `FAMILIES`; none to restrict no sockets.
        places: files and folders that may go on being used, and no program that is in memory alone
            besides; without any, all.

    Raises:
        OSError: the kernel refuses.
    """
    # Not at the top: it asks ldconfig for libseccomp, which the supervisor has no use for.
    import pyseccomp as seccomp  # noqa: PLC0415

    # What isn't named is allowed; calls of another ABI (x32, i386) end the process.
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
    # Its flags are in memory, where no filter looks; whoever doesn't find it takes clone.
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")


def _restrict_sockets(rules: Any, families: tuple[str, ...]) -> None:
    import pyseccomp as seccomp  # noqa: PLC0415 (as above)

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


def become(user: UnixUser) -> None:
    """Give root and every right of it up for good.

    Args:
        user: whom to become; in no group but its own.

    Raises:
        OSError: the kernel refuses.
    """
    os.setgroups(user.groups)
    os.setgid(user.gid)
    os.setuid(user.uid)


def named(user: str) -> UnixUser:
    """Look a user of the image up.

    Args:
        user: its name.
    """
    entry = pwd.getpwnam(user)
    return UnixUser(user, entry.pw_uid, entry.pw_gid, tuple(os.getgrouplist(user, entry.pw_gid)))


def main() -> None:
    """Restrict this process, become the user and then the command."""
    user, families, *command = sys.argv[1:]
    if ctypes.CDLL(None, use_errno=True).prctl(NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")
    number = user.removeprefix(LAB)
    lab = int(number) if user.startswith(LAB) and number.isdecimal() else None
    # Without Landlock boot has warned.
    places = () if lab is None else lab_server.places(Paths(lab=lab))
    enter(() if families == ANY else tuple(families.split(",")), places)
    become(named(user) if lab is None else lab_users.server(lab))
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main()
