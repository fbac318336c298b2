"""What of the file system a lab's kernels and terminals can use, in a lab other than the class.

Every lab has users of its own, whose files the others can't open. Landlock keeps its code besides
from all that several users may write (/tmp), from the class's files, which are for everybody to
read, and from sockets without a file that other labs' programs have made. The class's code is not
kept to anything here.

Run by the launcher as a lab's code, ``python -I -m classroom.sandbox.lab_code LAB command…``.
"""

from __future__ import annotations

import os
import sys

from classroom.runtime.paths import SHARED_MEMORY, Paths
from classroom.sandbox import landlock
from classroom.sandbox.landlock import (
    EVERY,
    IOCTL_DEVICE,
    LOAD,
    LOOK,
    READ,
    REMOVE_FILE,
    TRUNCATE,
    WRITE,
    AllowedPath,
)

PROGRAMS = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/opt")
KNOWN = ("/etc", "/sys", "/var/lib", "/var/cache")
DEVICES = (
    *("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"),
    *("/dev/tty", "/dev/ptmx", "/dev/pts", "/dev/fd"),
)
MAKE_FILE = 1 << 8


def places(paths: Paths) -> tuple[AllowedPath, ...]:
    """List what a lab's code needs.

    Args:
        paths: of the lab.
    """
    python = str(paths.prefix)
    return (
        *(AllowedPath(one, LOAD) for one in (*PROGRAMS, python)),
        *(AllowedPath(one, LOOK) for one in KNOWN),
        # Of other users' processes the kernel shows what it shows everybody: their command lines.
        AllowedPath("/proc", LOOK | WRITE | TRUNCATE),
        *(AllowedPath(one, LOOK | WRITE | IOCTL_DEVICE) for one in DEVICES),
        # Whoever knows a name in it may use that, if its maker lets them: by its umask a lab's code
        # makes nothing there that another lab's may open. Nobody can list it.
        AllowedPath(str(SHARED_MEMORY), READ | WRITE | TRUNCATE | MAKE_FILE | REMOVE_FILE),
        *(AllowedPath(str(one), EVERY) for one in (paths.files, paths.kernels, paths.homes)),
    )


def enter(lab: int) -> None:
    """Keep this process and all its children to a lab, for good.

    Where the kernel has no Landlock there are no labs (`classroom.boot`).

    Args:
        lab: the lab's number.

    Raises:
        OSError: the kernel refuses.
    """
    # TCP is the egress lock's to judge. By its user it can signal no other lab; but a terminal's
    # shell may signal its lab's kernels.
    landlock.enter(tcp=True, places=places(Paths(lab=lab)), signals=True)


def prefix(python: str, lab: int) -> tuple[str, ...]:
    """Build the command prefix that keeps a command, and all its children, to a lab.

    Args:
        python: the interpreter.
        lab: the lab's number.
    """
    return (python, "-I", "-m", "classroom.sandbox.lab_code", str(lab))


def main() -> None:
    """Restrict this process, and become the command."""
    lab, *command = sys.argv[1:]
    enter(int(lab))
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main()
