"""Signal students' processes, and no other, whatever a number has become meanwhile.

The launcher is root and may signal anybody. Its effective user doesn't confine that: kill(2) goes
by the real one too. And it can't become `student` for good, or for a moment, as a whole: students
could signal it then. So each process is held by a descriptor first (pidfd_open(2)) and looked at
afterwards: what is signalled is what was looked at, or has ended.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from classroom.launcher import process_table

PROC = Path("/proc")
MOST_ROUNDS = 20
"""How often a group is looked for again: what is killed may be starting others."""


def send(pid: int, number: int, uid: int, began: int | None = None) -> bool:
    """Signal a process, if it is a user's.

    Args:
        pid: its process id.
        number: of the signal.
        uid: whose it must be.
        began: when it must have begun (`census.Process`), if that is known.

    Returns:
        Whether it was there and is theirs.
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
    """List the processes of a group, whosever they are.

    Args:
        group: its number: of the process that made it.
    """
    try:
        names = os.listdir(PROC)  # noqa: PTH208 (thousands of them)
    except OSError:  # no descriptor is left: whoever waits for an end must hear of it all the same
        return set()
    found = set()
    for name in names:
        if not name.isdecimal():
            continue
        try:
            stat = (PROC / name / "stat").read_bytes()
            # Between the brackets anything may stand.
            if int(stat[stat.rindex(b")") + 2 :].split()[2]) == group:
                found.add(int(name))
        except (OSError, ValueError, IndexError):
            continue
    return found


def send_group(group: int, number: int, uid: int) -> bool:
    """Signal a user's processes of a group.

    Args:
        group: its number.
        number: of the signal; SIGKILL also reaches what is started meanwhile.
        uid: whose they must be.

    Returns:
        Whether there was any.
    """
    reached: set[int] = set()
    for _ in range(MOST_ROUNDS):
        more = {pid for pid in members(group) - reached if send(pid, number, uid)}
        reached |= more
        if not more or number != signal.SIGKILL:
            break
    return bool(reached)
