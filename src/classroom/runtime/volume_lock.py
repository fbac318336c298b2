"""One lab on one volume: a second one would write to the same journal and database as the first."""

from __future__ import annotations

import errno
import fcntl
import os
from typing import TYPE_CHECKING

from classroom.runtime.problems import Problem, StartRefusedError

if TYPE_CHECKING:
    from pathlib import Path

NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL})
"""What file systems say that can't lock a folder, such as some network shares."""


def hold(data: Path) -> int | None:
    """Hold a lab's volume for this process, and for the program that it becomes.

    The kernel releases it when the last process ends that has the descriptor, however it ends. No
    file is needed for it: on a full volume there would be no room for one.

    Args:
        data: where the volume is; it is made if it isn't there.

    Returns:
        The descriptor that holds it, inherited by programs that this process executes; None where
        the file system has no locks.

    Raises:
        StartRefusedError: another lab has it.
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
