"""The unix users of each lab, by its number: plain values.

The class is number 0 and has users of its own, which the image names. Every other lab has two users
and a group by a rule, so that nothing has to be made, and nothing can be given twice, before it
starts. All numbers are below 65,534: user namespaces and Kubernetes know no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CLASS = 0
"""The number of the class."""
FIRST, STEP = 20_000, 4
LABS_GROUP = FIRST
"""The group of all labs' servers but the class's: what root gives to all of them is its."""
LAST = 11_382
"""The highest number that a lab can have."""
HUB_GROUP = 903
"""Who may connect to the Hub's socket; as in the Dockerfile."""


@dataclass(frozen=True)
class UnixUser:
    """A user and its groups, by their numbers.

    Attributes:
        name: what programs call it.
        uid: its number.
        gid: its group's.
        groups: others that it is in.
    """

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...] = ()


CLASSROOM = UnixUser("classroom", 1000, 1000, (HUB_GROUP, 1100))
STUDENT = UnixUser("student", 1001, 1100)
"""The class's server and its code; as in the Dockerfile."""


def is_number(number: int) -> bool:
    """Say whether a lab can have a number; the class's is none of them."""
    return 0 < number <= LAST


def server(lab: int) -> UnixUser:
    """Return who a lab's server runs as.

    Args:
        lab: the lab's number.

    Raises:
        ValueError: no lab has that number.
    """
    if lab == CLASS:
        return CLASSROOM
    own = _first(lab)
    return UnixUser(f"lab{lab}-server", own, own, (HUB_GROUP, LABS_GROUP))


def code(lab: int) -> UnixUser:
    """Return who a lab's kernels and terminals run as.

    Args:
        lab: the lab's number.

    Raises:
        ValueError: no lab has that number.
    """
    if lab == CLASS:
        return STUDENT
    own = _first(lab)
    return UnixUser(f"lab{lab}", own + 1, own)


def lab_of_server(uid: int) -> int | None:
    """Return the number of the lab whose server a user is; None for any other user."""
    return _lab_of(uid, server)


def lab_of_code(uid: int) -> int | None:
    """Return the number of the lab whose code a user runs; None for any other user."""
    return _lab_of(uid, code)


def _first(lab: int) -> int:
    if not is_number(lab):
        raise ValueError(f"no lab has the number {lab}")
    return FIRST + STEP * lab


def _lab_of(uid: int, user: Callable[[int], UnixUser]) -> int | None:
    if uid == user(CLASS).uid:
        return CLASS
    lab = (uid - FIRST) // STEP
    return lab if is_number(lab) and user(lab).uid == uid else None
