"""Decide on plain values who may enter rooms and the labs of groups, with which role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.runtime.access_state import EDIT, VIEW

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from classroom.config.lab_rooms import LabRoom

ORGANIZATIONS = "organizations"
"""The key in JupyterHub's ``user_info`` for a person's organizations and teams, as far as the Hub
has asked GitHub about them at the sign-in. The Hub can't ask again later."""


def role_of(room: LabRoom, entries: Collection[str]) -> str:
    """Return a person's role in a room.

    Args:
        room: the room.
        entries: the person's name, organizations and teams, lower case.

    Returns:
        `EDIT`, `VIEW`, or "" for no member; `EDIT` if entries give both.
    """
    if room.edit.intersection(entries):
        return EDIT
    return VIEW if room.view.intersection(entries) else ""


def of_room(room: LabRoom, people: Mapping[str, Collection[str]]) -> dict[str, str]:
    """List a room's members, with their roles.

    Args:
        room: the room.
        people: the organizations and teams of all users, by name.
    """
    found = {name: role_of(room, {name, *theirs}) for name, theirs in people.items()}
    return {name: role for name, role in sorted(found.items()) if role}


def of_group(entries: Collection[str], people: Mapping[str, Collection[str]]) -> list[str]:
    """List a group's members.

    Args:
        entries: the group's people, organizations and teams.
        people: the organizations and teams of all users, by name.
    """
    wanted = set(entries)
    return sorted(name for name, theirs in people.items() if wanted & {name, *theirs})


def to_ask(entries: Iterable[str], people: Collection[str]) -> list[str]:
    """List the organizations and teams about which to ask GitHub at a sign-in.

    Names of people and of organizations look the same, but on GitHub no name is both.

    Args:
        entries: the entries of all rooms and groups, and the admitted organizations.
        people: the names of all users.
    """
    return sorted({entry for entry in entries if ":" in entry or entry not in people})
