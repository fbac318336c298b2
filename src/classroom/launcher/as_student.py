"""Act as `student`: for whatever a name or a number comes from somebody else, or is a student's."""

from __future__ import annotations

import contextlib
import functools
import os
import pwd
from typing import TYPE_CHECKING

from classroom.launcher.command import STUDENT

if TYPE_CHECKING:
    from collections.abc import Iterator


@functools.cache
def student() -> pwd.struct_passwd:
    """Return who `student` is. Read once: later there may be no descriptor left to read it by."""
    return pwd.getpwnam(STUDENT)


@contextlib.contextmanager
def as_student(*, group: int | None = None) -> Iterator[None]:
    """Use files with a student's rights alone: there the effective user decides.

    No capability is in force. Signals it doesn't confine: kill(2) goes by the real user, root, too
    (`classroom.launcher.signals`).

    Nothing else of this process may run meanwhile: no ``await`` inside.

    Args:
        group: the effective group instead of the students' own.
    """
    user = student()
    os.setegid(user.pw_gid if group is None else group)
    os.seteuid(user.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
