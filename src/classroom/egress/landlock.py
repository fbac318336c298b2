"""Landlock: a domain that a process can't reach out of (landlock(7)).

Standard library only: `classroom.egress.sandbox` runs it before every lab.
"""

from __future__ import annotations

import ctypes
import os

# The same number on every architecture (linux/unistd.h).
CREATE_RULESET, RESTRICT_SELF = 444, 446
VERSION = 1  # flag of CREATE_RULESET: return the ABI's version instead
BIND_TCP, CONNECT_TCP = 1 << 0, 1 << 1
ABSTRACT_UNIX, SIGNAL = 1 << 0, 1 << 1
NET_ABI, SCOPES_ABI = 4, 6

libc = ctypes.CDLL(None, use_errno=True)


class Ruleset(ctypes.Structure):
    """``struct landlock_ruleset_attr`` of ABI 6."""

    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


def abi() -> int:
    """Return the version of the kernel's Landlock; 0 when it has none or may not be used."""
    return max(0, int(libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION)))


def enter(*, tcp: bool) -> None:
    """Put this process and all its children into a domain of their own, as far as it goes.

    They can't signal, trace or look into processes outside, nor reach their abstract sockets.

    Args:
        tcp: whether they may use TCP.

    Raises:
        OSError: the kernel has it and refuses.
    """
    version = abi()
    net = 0 if tcp or version < NET_ABI else BIND_TCP | CONNECT_TCP
    scoped = ABSTRACT_UNIX | SIGNAL if version >= SCOPES_ABI else 0
    if not net | scoped:
        return
    rules = Ruleset(0, net, scoped)
    size = ctypes.sizeof(rules) if version >= SCOPES_ABI else Ruleset.scoped.offset
    ruleset = libc.syscall(CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), 0)
    if ruleset < 0 or libc.syscall(RESTRICT_SELF, ruleset, 0) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {os.strerror(number)}")
    os.close(ruleset)
