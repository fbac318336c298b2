"""Confine the kernels and terminals of a lab other than the class to parts of the file system.

Each lab has its own users, and other labs can't open their files. In addition, Landlock keeps a
lab's code from folders that several users may write (/tmp), from the class's files, which everybody
may read, and from abstract sockets of other labs' programs. The class's code is not confined here.

The launcher runs it as the user of a lab's code,
``python -I -m classroom.sandbox.lab_code LAB command…``.
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
    """List the paths that a lab's code needs, with its rights.

    Args:
        paths: the lab's paths.
    """
    python = str(paths.prefix)
    return (
        *(AllowedPath(one, LOAD) for one in (*PROGRAMS, python)),
        *(AllowedPath(one, LOOK) for one in KNOWN),
        # The kernel shows everybody the command lines of other users' processes.
        AllowedPath("/proc", LOOK | WRITE | TRUNCATE),
        *(AllowedPath(one, LOOK | WRITE | IOCTL_DEVICE) for one in DEVICES),
        # A process may open a file in it if it knows the name, and the file's mode allows it. With
        # its umask a lab's code makes no file that another lab may open. Nobody can list the
        # folder.
        AllowedPath(str(SHARED_MEMORY), READ | WRITE | TRUNCATE | MAKE_FILE | REMOVE_FILE),
        *(AllowedPath(str(one), EVERY) for one in (paths.files, paths.kernels, paths.homes)),
    )


def enter(lab: int) -> None:
    """Confine this process and all its children to a lab for good.

    Without Landlock in the kernel there are no labs besides the class (`classroom.boot`).

    Args:
        lab: the lab's number.

    Raises:
        OSError: the kernel refuses.
    """
    # The egress lock decides about TCP. Its user can't signal other labs' processes; but a
    # terminal's shell may signal its lab's kernels.
    landlock.enter(tcp=True, places=places(Paths(lab=lab)), signals=True)


def prefix(python: str, lab: int) -> tuple[str, ...]:
    """Build the command prefix that confines a command, and all its children, to a lab.

    Args:
        python: the interpreter.
        lab: the lab's number.
    """
    return (python, "-I", "-m", "classroom.sandbox.lab_code", str(lab))


def main() -> None:
    """Confine this process, and execute the command."""
    lab, *command = sys.argv[1:]
    enter(int(lab))
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main()
