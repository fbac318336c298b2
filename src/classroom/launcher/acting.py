"""Act as `student`: for whatever a name or a number comes from somebody else, or is a student's."""

from __future__ import annotations

import contextlib
import os
import pwd
from typing import TYPE_CHECKING

from classroom.launcher.command import STUDENT

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def as_student(*, group: int | None = None) -> Iterator[None]:
    """Act with a student's rights alone: the effective user decides, and no capability is in force.

    Nothing else of this process may run meanwhile: no ``await`` inside.

    Args:
        group: the effective group instead of the students' own.
    """
    user = pwd.getpwnam(STUDENT)
    os.setegid(user.pw_gid if group is None else group)
    os.seteuid(user.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
