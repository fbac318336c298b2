"""What of the file system the lab server can use, whatever it is deceived into (landlock(7)).

Students name the files that it opens. Should a link, a template or a hole in a library lead it
elsewhere, the kernel says no: it has no /proc, in which its own memory and token would be, none of
the tutor's, the Hub's or root's places, and nothing that it loads can it write. Standard library
only: `classroom.sandbox.seccomp` runs it before every lab.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.sandbox.landlock import KEEP, LOAD, LOOK, READ, WRITE, AllowedPath

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths

PROGRAMS = ("/usr", "/lib", "/lib64", "/bin")
KNOWN = (
    # Who is who, and how names are found.
    *("/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/hosts", "/etc/host.conf"),
    *("/etc/resolv.conf", "/etc/gai.conf", "/etc/localtime", "/etc/timezone"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/mime.types", "/etc/ssl"),
    *("/dev/urandom", "/dev/random", "/dev/zero"),
    # LaTeX, if the tutor's image has it: for PDF.
    *("/etc/texmf", "/var/lib/texmf", "/etc/fonts", "/var/cache/fontconfig"),
    *("/etc/papersize", "/etc/paperspecs"),
    # What the container uses and may use (lab/api/usage.py), and how many processors there are.
    *("/sys/fs/cgroup", "/sys/devices/system/cpu"),
)


def places(paths: Paths) -> tuple[AllowedPath, ...]:
    """List what the lab server needs.

    Args:
        paths: where things are.
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
