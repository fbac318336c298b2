"""Who may enter rooms and the labs of their groups, and as what: decisions on plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.runtime.access_state import EDIT, VIEW

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from classroom.config.lab_rooms import LabRoom

ORGANIZATIONS = "organizations"
"""Key in JupyterHub's ``user_info``: of the organizations and teams that GitHub was asked about at
somebody's sign-in, those that they belong to. The Hub can't ask again later."""


def role_of(room: LabRoom, entries: Collection[str]) -> str:
    """Say as what somebody may be in a room.

    Args:
        room: which.
        entries: their name, their organizations and teams, lower case.

    Returns:
        `EDIT`, `VIEW`, or "" for not at all; the greater one if both are meant.
    """
    if room.edit.intersection(entries):
        return EDIT
    return VIEW if room.view.intersection(entries) else ""


def of_room(room: LabRoom, people: Mapping[str, Collection[str]]) -> dict[str, str]:
    """List who may be in a room, and as what.

    Args:
        room: which.
        people: organizations and teams by the names of all whom the Hub knows.
    """
    found = {name: role_of(room, {name, *theirs}) for name, theirs in people.items()}
    return {name: role for name, role in sorted(found.items()) if role}


def of_group(entries: Collection[str], people: Mapping[str, Collection[str]]) -> list[str]:
    """List who belongs to a group.

    Args:
        entries: people, organizations and teams.
        people: organizations and teams by the names of all whom the Hub knows.
    """
    wanted = set(entries)
    return sorted(name for name, theirs in people.items() if wanted & {name, *theirs})


def to_ask(entries: Iterable[str], people: Collection[str]) -> list[str]:
    """List what GitHub has to say of somebody who signs in.

    A person's name and an organization's look the same. GitHub gives each to one of the two.

    Args:
        entries: of all rooms and groups, and organizations that people are admitted by.
        people: the names of all whom the Hub knows.
    """
    return sorted({entry for entry in entries if ":" in entry or entry not in people})
