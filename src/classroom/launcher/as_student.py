"""Act as `student` for files and processes that a client has named, or that a student owns.

In a lab other than the class, `student` is that lab's own user for code.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from classroom.runtime.lab_users import STUDENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classroom.runtime.lab_users import UnixUser


@contextlib.contextmanager
def as_student(user: UnixUser = STUDENT, *, group: int | None = None) -> Iterator[None]:
    """Use files with a student's rights only: for files the effective user decides.

    No capability is effective. Signals are not confined: kill(2) also checks the real user, root
    (`classroom.launcher.signals`).

    No other part of this process may run meanwhile: do not ``await`` inside.

    Args:
        user: the user of a lab's code.
        group: the effective group instead of the user's own.
    """
    os.setegid(user.gid if group is None else group)
    os.seteuid(user.uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
