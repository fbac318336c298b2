"""Find labs that use more than their share of the memory: plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.config import limits
from classroom.runtime import lab_users

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from classroom.config.limits import Limits
    from classroom.launcher.process_table import Process


def perhaps_beyond(processes: Iterable[Process], allowed: Limits) -> list[int]:
    """List the labs, but the class, that may use more than their share.

    Memory that several processes share counts for each of them here, so measure a lab before you
    end anything.

    Args:
        processes: all students' processes.
        allowed: the limits of all students' processes.

    Returns:
        Numbers of labs, the smallest first.
    """
    used: dict[int, int] = {}
    for one in processes:
        lab = lab_users.lab_of_code(one.uid)
        if lab is not None and lab != lab_users.CLASS:
            used[lab] = used.get(lab, 0) + one.memory
    return sorted(lab for lab, size in used.items() if 0 < share(allowed, lab) < size)


def share(allowed: Limits, lab: int) -> int:
    """Return the bytes that a lab's programs may use together; 0 for no limit."""
    return limits.of_lab(allowed, lab).together


def of_lab(groups: Mapping[str, Sequence[Process]], lab: int) -> dict[str, Sequence[Process]]:
    """Select the groups of a lab; all processes of a group belong to one lab.

    Args:
        groups: the groups of all labs.
        lab: the lab's number.
    """
    return {
        name: several
        for name, several in groups.items()
        if all(lab_users.lab_of_code(one.uid) == lab for one in several)
    }
