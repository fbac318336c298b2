"""Compute the unix users of a lab from its number: plain values.

The class is number 0 and has its own users, which the image creates. For every other lab a rule
gives two users and a group, so that no user has to be created before its start, and no two labs get
the same user. All ids are below 65,534, the limit of user namespaces and Kubernetes.
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
"""The group of all labs' servers but the class's, for files that root shares with all of them."""
LAST = 11_382
"""The highest number that a lab can have."""
HUB_GROUP = 903
"""The group that may connect to the Hub's socket, as in the Dockerfile."""


@dataclass(frozen=True)
class UnixUser:
    """A user and its groups, by their ids.

    Attributes:
        name: its name.
        uid: its id.
        gid: its group's id.
        groups: the ids of its other groups.
    """

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...] = ()


CLASSROOM = UnixUser("classroom", 1000, 1000, (HUB_GROUP, 1100))
STUDENT = UnixUser("student", 1001, 1100)
"""The users of the class's server and code, as in the Dockerfile."""


def is_number(number: int) -> bool:
    """Say whether a lab other than the class can have a number."""
    return 0 < number <= LAST


def server(lab: int) -> UnixUser:
    """Return the user of a lab's server.

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
    """Return the user of a lab's kernels and terminals.

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
    """Return the number of the lab whose server runs as a user; None for any other user."""
    return _lab_of(uid, server)


def lab_of_code(uid: int) -> int | None:
    """Return the number of the lab whose code runs as a user; None for any other user."""
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
