"""Landlock: a domain that a process can't leave (landlock(7)).

Standard library only: `classroom.sandbox.seccomp` runs it before every lab.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# The same number on every architecture (linux/unistd.h).
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
PATH_BENEATH = 1
VERSION = 1  # flag of CREATE_RULESET: return the ABI's version instead
BIND_TCP, CONNECT_TCP = 1 << 0, 1 << 1
ABSTRACT_UNIX, SIGNAL = 1 << 0, 1 << 1
NET_ABI, SCOPES_ABI = 4, 6
NO_NEW_PRIVS = 38  # PR_SET_NO_NEW_PRIVS
EXECUTE, WRITE, READ, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_FILE, MAKE_CHAR, MAKE_SOCKET, MAKE_BLOCK = 1 << 5, 1 << 6, 1 << 9, 1 << 11
FIRST = (1 << 13) - 1
"""All rights to files of the first version; each later version adds some."""
TRUNCATE, IOCTL_DEVICE = 1 << 14, 1 << 15
LATER = {2: 1 << 13, 3: TRUNCATE, 5: IOCTL_DEVICE}
EVERY = FIRST | sum(LATER.values())
OF_FILES = EXECUTE | WRITE | READ | TRUNCATE | IOCTL_DEVICE
"""The rights that a rule about a file may name."""
LOAD = EXECUTE | READ | READ_DIR
LOOK = READ | READ_DIR
KEEP = EVERY & ~(EXECUTE | MAKE_CHAR | MAKE_BLOCK | IOCTL_DEVICE)
"""The rights to read and write files and folders, but not to execute files."""
LISTEN = REMOVE_FILE | MAKE_SOCKET
"""The rights to make a socket in a folder, and to remove an earlier one."""

libc = ctypes.CDLL(None, use_errno=True)


class Ruleset(ctypes.Structure):
    """``struct landlock_ruleset_attr`` of ABI 6."""

    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


@dataclass(frozen=True)
class AllowedPath:
    """A file, or a folder with its content, that a process may still use.

    Attributes:
        path: its path; it need not exist.
        rights: the rights that the process keeps. It also keeps rights that the kernel doesn't
            know.
    """

    path: str
    rights: int


class Beneath(ctypes.Structure):
    """``struct landlock_path_beneath_attr``."""

    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def abi() -> int:
    """Return the version of the kernel's Landlock; 0 if there is none or it may not be used."""
    return max(0, int(libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION)))


def enter(*, tcp: bool, places: Iterable[AllowedPath] = (), signals: bool = False) -> None:
    """Put this process and all its children into a domain, with all rules that the kernel knows.

    They can't signal, trace or inspect processes outside, nor reach their abstract sockets. One
    ruleset contains this and the rules about files: two rulesets together would forbid to move a
    file from one folder to another (LANDLOCK_ACCESS_FS_REFER, landlock(7)).

    Args:
        tcp: whether they may use TCP.
        places: files and folders that they may still use; without any, all.
        signals: whether they may signal the same user's processes outside.

    Raises:
        OSError: the kernel has it and refuses.
    """
    version, kept = abi(), tuple(places)
    files = rights(version) if kept and version else 0
    net = 0 if tcp or version < NET_ABI else BIND_TCP | CONNECT_TCP
    wanted = ABSTRACT_UNIX if signals else ABSTRACT_UNIX | SIGNAL
    scoped = wanted if version >= SCOPES_ABI else 0
    if files | net | scoped:
        _restrict(Ruleset(files, net, scoped), kept, version)


def rights(version: int) -> int:
    """Return all rights to files that a version of Landlock knows.

    Args:
        version: the version of the kernel's Landlock, from 1.
    """
    return FIRST | sum(right for since, right in LATER.items() if version >= since)


def usable(place: AllowedPath) -> int:
    """Return the rights that a rule about a path may name: some rights are only for folders.

    Args:
        place: a path that exists.
    """
    return place.rights if Path(place.path).is_dir() else place.rights & OF_FILES


def confine(places: Iterable[AllowedPath]) -> bool:
    """Confine this process and all its children to some files and folders for good.

    The kernel checks where each file really is, and not the links to it. Call it before this
    process has threads.

    Args:
        places: files and folders that they may still use.

    Returns:
        Whether the process is confined: False if the kernel has no Landlock.

    Raises:
        OSError: the kernel has it and refuses.
    """
    version = abi()
    if version == 0:
        return False
    _restrict(Ruleset(rights(version), 0, 0), places, version)
    return True


def _restrict(rules: Ruleset, places: Iterable[AllowedPath], version: int) -> None:
    # A kernel refuses a structure longer than its own, unless the rest is zero.
    size = Ruleset.handled_access_net.offset
    if version >= NET_ABI:
        size = Ruleset.scoped.offset if version < SCOPES_ABI else ctypes.sizeof(rules)
    ruleset = _checked(libc.syscall(CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), 0))
    for place in places:
        _allow(ruleset, place, int(rules.handled_access_fs))
    _checked(libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked(libc.syscall(RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _allow(ruleset: int, place: AllowedPath, handled: int) -> None:
    with suppress(FileNotFoundError):
        descriptor = os.open(place.path, os.O_PATH | os.O_CLOEXEC)
        rule = Beneath(usable(place) & handled, descriptor)
        _checked(libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(rule), 0))
        os.close(descriptor)


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {os.strerror(number)}")
    return answer
