"""Act as `student`: for whatever a name or a number comes from somebody else, or is a student's.

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
    """Use files with a student's rights alone: there the effective user decides.

    No capability is in force. Signals it doesn't confine: kill(2) goes by the real user, root, too
    (`classroom.launcher.signals`).

    Nothing else of this process may run meanwhile: no ``await`` inside.

    Args:
        user: of a lab's code.
        group: the effective group instead of the user's own.
    """
    os.setegid(user.gid if group is None else group)
    os.seteuid(user.uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
