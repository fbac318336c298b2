"""Signal students' processes only, even if the system has used a process id again.

The launcher is root and may signal every process. Its effective user does not confine that: kill(2)
also checks the real one. The launcher must not become `student` entirely, not even for a moment,
because students could signal it then. So it first opens a descriptor of the process
(pidfd_open(2)), and then checks the process: it signals exactly this process, if it still runs.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from classroom.launcher import process_table

PROC = Path("/proc")
MOST_ROUNDS = 20
"""How often a group's processes are listed again: a killed process may have started others."""


def send(pid: int, number: int, uid: int, began: int | None = None) -> bool:
    """Signal a process, if it belongs to a user.

    Args:
        pid: its process id.
        number: the signal's number.
        uid: the user's id.
        began: the process's beginning (`process_table.Process`), if it is known.

    Returns:
        Whether the user's process was there.
    """
    try:
        held = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if not process_table.is_of(pid, uid):
            return False
        if began is not None and ((now := process_table.read(pid)) is None or now.began != began):
            return False
        signal.pidfd_send_signal(held, number)
    except OSError:
        return False
    finally:
        os.close(held)
    return True


def members(group: int) -> set[int]:
    """List the processes of a group, of all users.

    Args:
        group: its number, the id of the process that made it.
    """
    try:
        names = os.listdir(PROC)  # noqa: PTH208 (thousands of them)
    except OSError:  # no descriptor is free; the caller must not fail for that
        return set()
    found = set()
    for name in names:
        if not name.isdecimal():
            continue
        try:
            stat = (PROC / name / "stat").read_bytes()
            # The name between the brackets may contain any character.
            if int(stat[stat.rindex(b")") + 2 :].split()[2]) == group:
                found.add(int(name))
        except (OSError, ValueError, IndexError):
            continue
    return found


def send_group(group: int, number: int, uid: int) -> bool:
    """Signal a user's processes in a group.

    Args:
        group: its number.
        number: the signal's number; SIGKILL also reaches processes that are started meanwhile.
        uid: the user's id.

    Returns:
        Whether the group had such a process.
    """
    reached: set[int] = set()
    for _ in range(MOST_ROUNDS):
        more = {pid for pid in members(group) - reached if send(pid, number, uid)}
        reached |= more
        if not more or number != signal.SIGKILL:
            break
    return bool(reached)
