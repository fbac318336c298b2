"""Give the users of labs names, for programs that show them (`whoami`, a shell's prompt).

A lab's start appends them to /etc/passwd. The file itself stays the same, so processes that have it
open, or may read only this file (Landlock), can still use it. Only the ids decide about rights;
everything works without names.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classroom.runtime.lab_users import UnixUser

PASSWD = Path("/etc/passwd")


def line(user: UnixUser, home: Path) -> str:
    """Return a user's line in the format of passwd(5).

    Args:
        user: the user.
        home: the value of ``~`` if no variable sets another.
    """
    return f"{user.name}:x:{user.uid}:{user.gid}::{home}:/bin/bash\n"


def add(users: Iterable[UnixUser], home: Path, passwd: Path = PASSWD) -> None:
    """Name users that have no name yet.

    Args:
        users: the users.
        home: their home, as for `line`.
        passwd: the file.

    Raises:
        OSError: it can't be written.
    """
    known = {entry.partition(":")[0] for entry in passwd.read_text(encoding="utf-8").splitlines()}
    missing = "".join(line(user, home) for user in users if user.name not in known)
    if missing:
        descriptor = os.open(passwd, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            os.write(descriptor, missing.encode())
        finally:
            os.close(descriptor)
