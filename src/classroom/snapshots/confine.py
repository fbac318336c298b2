"""Keep this process, root and all, to what snapshots need of the file system (landlock(7)).

restic walks the class's files by their paths. Whoever may write there can put a link in a folder's
place while it walks, and root would follow it to the Hub's secrets. The kernel checks each file by
where it really is: out of these places nothing is read, and nothing but snapshots is written.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.egress import landlock
from classroom.egress.landlock import libc

if TYPE_CHECKING:
    from classroom.paths import Paths

ADD_RULE, PATH_BENEATH = 445, 1
NO_NEW_PRIVS = 38  # PR_SET_NO_NEW_PRIVS
EXECUTE, WRITE, READ, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
ALL = (1 << 13) - 1
"""Every right of the first version; of later ones each adds some."""
LATER = {2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
PROGRAMS = ("/usr", "/lib", "/lib64", "/bin")
KNOWN = (
    *("/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/ld.so.cache", "/etc/localtime"),
    *("/dev/urandom", "/proc/self"),
)


class NoLandlockError(RuntimeError):
    """The kernel can't confine a process."""


class Beneath(ctypes.Structure):
    """``struct landlock_path_beneath_attr``."""

    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def rights(version: int) -> int:
    """Return all rights that a version of Landlock knows.

    Args:
        version: of the kernel's Landlock, from 1.
    """
    return ALL | sum(right for since, right in LATER.items() if version >= since)


def enter(paths: Paths) -> None:
    """Confine this process and its children, for good. Before it has threads.

    Args:
        paths: where things are.

    Raises:
        NoLandlockError: the kernel has none.
        OSError: the kernel has it and refuses.
    """
    version = landlock.abi()
    if version == 0:
        raise NoLandlockError
    every = rights(version)
    rules = landlock.Ruleset(every, 0, 0)
    size = landlock.Ruleset.handled_access_net.offset
    ruleset = _checked(
        libc.syscall(landlock.CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), 0)
    )
    for place in (*PROGRAMS, str(paths.prefix)):
        _allow(ruleset, place, EXECUTE | READ | READ_DIR)
    for place in KNOWN:
        _allow(ruleset, place, READ | READ_DIR)
    _allow(ruleset, "/dev/null", READ | WRITE)
    _allow(ruleset, str(paths.files), READ | READ_DIR)
    _allow(ruleset, str(paths.snapshots), every)
    _checked(libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked(libc.syscall(landlock.RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _allow(ruleset: int, place: str, wanted: int) -> None:
    with suppress(FileNotFoundError):
        descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
        # A file has no rights of a folder's.
        allowed = wanted if Path(place).is_dir() else wanted & ~READ_DIR
        rule = Beneath(allowed, descriptor)
        _checked(libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(rule), 0))
        os.close(descriptor)


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {os.strerror(number)}")
    return answer
