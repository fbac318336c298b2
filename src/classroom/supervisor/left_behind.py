"""End the processes of all labs' code, but for the class's, that are left after the launcher's end.

Run as root, ``python -I -m classroom.supervisor.left_behind``, outside the sandbox, because a
process inside can't signal processes outside. A process of the same user ends each lab's processes:
kill(2) reaches all processes of a user at once, also those that are started meanwhile.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from classroom.launcher import process_table
from classroom.runtime import lab_users

PROC = Path("/proc")
MOST_ROUNDS = 5
"""The number of tries: the processes can stop the ending process, which has the same user."""


def users() -> set[int]:
    """List the labs, but for the class, whose code has running processes."""
    found = set()
    for place in PROC.iterdir():
        uid = process_table.user_of(int(place.name)) if place.name.isdecimal() else None
        lab = None if uid is None else lab_users.lab_of_code(uid)
        if lab and (one := process_table.read(int(place.name))) and not process_table.is_over(one):
            found.add(lab)
    return found


def end(lab: int) -> None:
    """End all processes of a lab's code.

    Args:
        lab: the lab's number.
    """
    user = lab_users.code(lab)
    if (pid := os.fork()) == 0:
        os.setgroups([])
        os.setgid(user.gid)
        os.setuid(user.uid)
        try:
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def main() -> None:
    """List and end processes until no process is left."""
    for _ in range(MOST_ROUNDS):
        if not (found := users()):
            return
        for lab in found:
            end(lab)


if __name__ == "__main__":
    main()
