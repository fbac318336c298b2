"""Confine the lab server to the parts of the file system that it needs (landlock(7)).

Students name the files that it opens. If a link, a template or a bug in a library leads it to
another file, the kernel refuses. The lab server can't use /proc, which contains its own memory and
token, nor the files of the tutor, the Hub and root, and it can't write files that it loads.
Standard library only: `classroom.sandbox.seccomp` runs it before every lab.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.sandbox.landlock import KEEP, LOAD, LOOK, READ, WRITE, AllowedPath

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths

PROGRAMS = ("/usr", "/lib", "/lib64", "/bin")
KNOWN = (
    # Names of users, and settings of DNS.
    *("/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/hosts", "/etc/host.conf"),
    *("/etc/resolv.conf", "/etc/gai.conf", "/etc/localtime", "/etc/timezone"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/mime.types", "/etc/ssl"),
    *("/dev/urandom", "/dev/random", "/dev/zero"),
    # LaTeX, if the tutor's image has it, for PDF.
    *("/etc/texmf", "/var/lib/texmf", "/etc/fonts", "/var/cache/fontconfig"),
    *("/etc/papersize", "/etc/paperspecs"),
    # The container's use and limits (lab/api/usage.py), and the number of processors.
    *("/sys/fs/cgroup", "/sys/devices/system/cpu"),
)


def places(paths: Paths) -> tuple[AllowedPath, ...]:
    """List the paths that the lab server needs, with its rights.

    Args:
        paths: the lab's paths.
    """
    kept = (
        paths.files,
        paths.history,
        paths.lab_socket.parent,
        paths.restoring_socket.parent,
        paths.kernels,
        paths.runtime,
    )
    looked_at = (paths.lab_config, paths.standing.parent, paths.lab_home)
    return (
        *(AllowedPath(one, LOAD) for one in (*PROGRAMS, str(paths.prefix))),
        *(AllowedPath(one, LOOK) for one in (*KNOWN, *map(str, looked_at))),
        AllowedPath("/dev/null", READ | WRITE),
        *(AllowedPath(str(one), KEEP) for one in kept),
    )
