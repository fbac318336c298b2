"""Choose the Linux capabilities that each process keeps (capabilities(7), setpriv(1)).

Standard library only: the container's first program runs it first.
"""

from __future__ import annotations

import contextlib
import ctypes
import os

HUB = ("chown", "dac_override", "kill", "setgid", "setuid")
"""For the Hub and nginx's master: to become and signal other users, to read the tutor's files of
any owner, and to own their directories. None of them concerns the network or the kernel."""
LAUNCHER = ("kill", "setgid", "setuid")
"""For the launcher: to become `student`, and to end students' processes."""
NUMBERS = {
    "chown": 0,
    "dac_override": 1,
    "kill": 5,
    "setgid": 6,
    "setuid": 7,
    "net_admin": 12,
}
LAST = 63
"""The highest possible number of a capability; the system knows fewer."""
VERSION_3 = 0x20080522
CAPBSET_DROP, NO_NEW_PRIVS = 24, 38  # prctl(2)
NOBODY = 65534


class Header(ctypes.Structure):
    """``struct __user_cap_header_struct``."""

    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class Sets(ctypes.Structure):
    """``struct __user_cap_data_struct``."""

    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def keep(capabilities: tuple[str, ...]) -> tuple[str, ...]:
    """Build the command prefix that drops every other capability for good.

    A capability that is not in the bounding set can't come back in this process or its children.

    Args:
        capabilities: names to keep, without ``CAP_``.
    """
    kept = ",".join(["-all", *(f"+{name}" for name in capabilities)])
    return ("setpriv", f"--bounding-set={kept}", "--inh-caps=-all", "--")


def bits(capabilities: tuple[str, ...]) -> int:
    """Return a set of capabilities in the system's format: one bit for each."""
    return sum(1 << NUMBERS[name] for name in capabilities)


def drop(capabilities: tuple[str, ...] = ()) -> None:
    """Drop every other capability of this process for good.

    With no_new_privs no executed program gets one back. They are also removed from the bounding set
    if the process may do that (CAP_SETPCAP). The process does not get capabilities that it does not
    have.

    Args:
        capabilities: names to keep, without ``CAP_``.

    Raises:
        OSError: the system refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    wanted = bits(capabilities)
    for number in range(LAST + 1):
        if not wanted >> number & 1:
            libc.prctl(CAPBSET_DROP, number, 0, 0, 0)  # EPERM and EINVAL are expected
    _checked(libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0))
    header, found = Header(VERSION_3, 0), (Sets * 2)()
    _checked(libc.capget(ctypes.byref(header), found))
    for half, sets in enumerate(found):
        sets.permitted &= wanted >> 32 * half & 0xFFFFFFFF
        sets.effective = sets.permitted
        sets.inheritable = 0
    _checked(libc.capset(ctypes.byref(header), found))


def become_nobody() -> None:
    """Drop root and all its rights for good, if this process is root.

    Raises:
        OSError: the system refuses.
    """
    if os.getuid() == 0:
        with contextlib.suppress(
            PermissionError
        ):  # without CAP_SETGID the process has no other groups
            os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    drop()


def _checked(answer: int) -> None:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
