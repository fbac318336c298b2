"""Give the users of labs names, for what asks whose a number is (`whoami`, a shell's prompt).

They are appended to /etc/passwd when a lab starts. A line more is all that changes: whoever has the
file open, or may read no other file in its place (Landlock), goes on with it. The numbers alone
decide what anybody may; without names everything works.
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
    """Write a user as passwd(5) has it.

    Args:
        user: to name.
        home: what ``~`` is where nothing else says.
    """
    return f"{user.name}:x:{user.uid}:{user.gid}::{home}:/bin/bash\n"


def add(users: Iterable[UnixUser], home: Path, passwd: Path = PASSWD) -> None:
    """Name users that have no name yet.

    Args:
        users: to name.
        home: as for `line`.
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
