"""Which labs use more of the memory than their share: plain values."""

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

    What several processes share counts for each of them here, so that labs have to be measured
    before anything is ended.

    Args:
        processes: all of students'.
        allowed: what all of them may use.

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
    """Pick the groups of a lab: all of a group's processes are one lab's.

    Args:
        groups: of all labs.
        lab: the lab's number.
    """
    return {
        name: several
        for name, several in groups.items()
        if all(lab_users.lab_of_code(one.uid) == lab for one in several)
    }
