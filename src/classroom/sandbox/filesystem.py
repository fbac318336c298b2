"""Keep this process, root and all, to what snapshots need of the file system (landlock(7)).

restic walks the class's files by their paths. Whoever may write there can put a link in a folder's
place while it walks, and root would follow it to the Hub's secrets. The kernel checks each file by
where it really is: out of these places nothing is read, and nothing but snapshots is written.
"""

from __future__ import annotations

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


class NoLandlockError(RuntimeError):
    """The kernel can't confine a process."""


def places(paths: Paths) -> tuple[AllowedPath, ...]:
    """List what snapshots need.

    Args:
        paths: where things are.
    """
    return (
        *(AllowedPath(one, landlock.LOAD) for one in (*PROGRAMS, str(paths.prefix))),
        *(AllowedPath(one, landlock.LOOK) for one in KNOWN),
        AllowedPath("/dev/null", landlock.READ | landlock.WRITE),
        AllowedPath(str(paths.files), landlock.LOOK),
        AllowedPath(str(paths.snapshots), landlock.EVERY),
    )


def enter(paths: Paths) -> None:
    """Confine this process and its children, for good. Before it has threads.

    Args:
        paths: where things are.

    Raises:
        NoLandlockError: the kernel has none.
        OSError: the kernel has it and refuses.
    """
    if not landlock.confine(places(paths)):
        raise NoLandlockError
