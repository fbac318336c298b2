"""Lock a volume for one lab: a second lab would write to the same journal and database."""

from __future__ import annotations

import errno
import fcntl
import os
from typing import TYPE_CHECKING

from classroom.runtime.problems import Problem, StartRefusedError

if TYPE_CHECKING:
    from pathlib import Path

NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL})
"""Errors of file systems that can't lock a folder, such as some network shares."""


def hold(data: Path) -> int | None:
    """Lock a lab's volume for this process, and for the program that it executes.

    The system releases the lock when the last process with the descriptor ends. The lock needs no
    file: a full volume would have no space for one.

    Args:
        data: the volume's path; the folder is made if it does not exist.

    Returns:
        The descriptor of the lock, which executed programs inherit; None if the file system has no
        locks.

    Raises:
        StartRefusedError: another lab has locked it.
        OSError: it can't be opened.
    """
    data.mkdir(exist_ok=True)
    held = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        what = "is the volume of another lab, which is running"
        cure = "stop that lab first (docker ps), or give this one a volume of its own"
        raise StartRefusedError([Problem(str(data), what, cure)]) from None
    except OSError as error:
        os.close(held)
        if error.errno in NO_LOCKS:
            return None
        raise
    os.set_inheritable(held, True)  # noqa: FBT003 (a builtin's)
    return held
