"""Which Linux capabilities each process keeps (capabilities(7), setpriv(1)).

Standard library only: it runs first thing in what Docker starts.
"""

from __future__ import annotations

import contextlib
import ctypes
import os

HUB = ("chown", "dac_override", "kill", "setgid", "setuid")
"""What the Hub and nginx's master need: become and signal other users, read the tutor's files
whoever owns them, and own their directories. Nothing that touches the network or the kernel."""
LAUNCHER = ("kill", "setgid", "setuid")
"""What the launcher needs: become `student`, and end students' processes."""
NUMBERS = {
    "chown": 0,
    "dac_override": 1,
    "kill": 5,
    "setgid": 6,
    "setuid": 7,
    "net_admin": 12,
}
LAST = 63
"""Capabilities are numbered from 0 to this at most; the kernel knows fewer."""
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

    Out of the bounding set, a capability can't come back in this process or its children.

    Args:
        capabilities: what to keep, without ``CAP_``.
    """
    kept = ",".join(["-all", *(f"+{name}" for name in capabilities)])
    return ("setpriv", f"--bounding-set={kept}", "--inh-caps=-all", "--")


def bits(capabilities: tuple[str, ...]) -> int:
    """Return a set of capabilities as the kernel writes it: a bit each."""
    return sum(1 << NUMBERS[name] for name in capabilities)


def drop(capabilities: tuple[str, ...] = ()) -> None:
    """Give every other capability of this process up, for good.

    Nothing that it executes gets one back: no_new_privs. Out of the bounding set it takes them
    where it may (CAP_SETPCAP). What this process hasn't got, it doesn't get by being kept.

    Args:
        capabilities: what to keep, without ``CAP_``.

    Raises:
        OSError: the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    wanted = bits(capabilities)
    for number in range(LAST + 1):
        if not wanted >> number & 1:
            libc.prctl(CAPBSET_DROP, number, 0, 0, 0)  # EPERM and EINVAL are no trouble
    _checked(libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0))
    header, found = Header(VERSION_3, 0), (Sets * 2)()
    _checked(libc.capget(ctypes.byref(header), found))
    for half, sets in enumerate(found):
        sets.permitted &= wanted >> 32 * half & 0xFFFFFFFF
        sets.effective = sets.permitted
        sets.inheritable = 0
    _checked(libc.capset(ctypes.byref(header), found))


def become_nobody() -> None:
    """Give up root and every right of it, if this process is root, for good.

    Raises:
        OSError: the kernel refuses.
    """
    if os.getuid() == 0:
        with contextlib.suppress(PermissionError):  # without CAP_SETGID there are none to give up
            os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    drop()


def _checked(answer: int) -> None:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
