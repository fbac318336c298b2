"""Confine the snapshot service, root and all, to the files that it needs (landlock(7)).

restic reads the class's files by their paths. A student can replace a folder by a link meanwhile,
and root would follow it to the Hub's secrets. The kernel checks where each file really is: the
service can read only these paths, and write only snapshots.

util-linux's setpriv(1) makes the domain before the service starts. It refuses rights that the
kernel doesn't know and paths that don't exist, so this module leaves them out.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from classroom.sandbox import landlock
from classroom.sandbox.landlock import AllowedPath

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths

PROGRAMS = ("/usr", "/lib", "/lib64", "/bin")
KNOWN = (
    *("/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/ld.so.cache", "/etc/localtime"),
    *("/dev/urandom", "/proc/self"),
)
NAMES = (
    *("execute", "write-file", "read-file", "read-dir", "remove-dir", "remove-file"),
    *("make-char", "make-dir", "make-reg", "make-sock", "make-fifo", "make-block", "make-sym"),
    *("refer", "truncate"),
)
"""setpriv's names of the kernel's rights, the lowest bit first."""
NAMED = (1 << len(NAMES)) - 1


def places(paths: Paths) -> tuple[AllowedPath, ...]:
    """List the paths that the snapshot service needs, with its rights.

    Args:
        paths: the lab's paths.
    """
    return (
        *(AllowedPath(one, landlock.LOAD) for one in (*PROGRAMS, str(paths.prefix))),
        *(AllowedPath(one, landlock.LOOK) for one in (*KNOWN, str(paths.snapshots_beat))),
        AllowedPath("/dev/null", landlock.READ | landlock.WRITE),
        AllowedPath(str(paths.files), landlock.LOOK),
        AllowedPath(str(paths.snapshots), landlock.EVERY),
        AllowedPath(str(paths.snapshots_socket.parent), landlock.LISTEN),
    )


def names(rights: int) -> str:
    """Return setpriv's names of rights, separated by commas.

    Args:
        rights: the kernel's rights, as bits.
    """
    return ",".join(name for bit, name in enumerate(NAMES) if rights >> bit & 1)


def prefix(paths: Paths, version: int) -> tuple[str, ...]:
    """Build the command prefix that confines a command and all its children.

    Args:
        paths: the lab's paths; missing ones are left out.
        version: the version of the kernel's Landlock (`landlock.abi`).

    Returns:
        The prefix; empty if the kernel has no Landlock (version 0). Then `is_confined` is False,
        and there are no snapshots.
    """
    if not version:
        return ()
    handled = landlock.rights(version) & NAMED
    rules = (
        f"path-beneath:{names(landlock.usable(place) & handled)}:{place.path}"
        for place in places(paths)
        if Path(place.path).exists()
    )
    return (
        *("setpriv", "--no-new-privs", "--landlock-access", f"fs:{names(handled)}"),
        *(word for rule in rules for word in ("--landlock-rule", rule)),
        "--",
    )


def is_confined() -> bool:
    """Say whether this process, which is root, is confined: it can't list the root folder then."""
    try:
        next(Path("/").iterdir(), None)
    except PermissionError:
        return True
    return False
