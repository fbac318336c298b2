"""Find the members of each room and group, for the page *People*. Plain values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.hub.labs import members
from classroom.hub.labs.listing import DRIVE
from classroom.runtime.access_state import EDIT, VIEW

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from classroom.config.lab_rooms import LabRoom


@dataclass(frozen=True)
class Belonging:
    """The members of a room or a group.

    Attributes:
        name: the name of the room or group.
        members: people's roles there, by name: `DRIVE`, `EDIT` or `VIEW`.
        named: the roles of other entries in the file, by name: organizations, teams, and people who
            are not on the list.
    """

    name: str
    members: Mapping[str, str]
    named: Mapping[str, str]


def of_room(
    name: str, room: LabRoom, people: Mapping[str, Collection[str]], tutors: Collection[str]
) -> Belonging:
    """List a room's members. Of the tutors, who may enter every room, list only those in the file.

    Args:
        name: the room's name.
        room: the room's entries in the file.
        people: the organizations and teams of everybody who may be in, by name.
        tutors: the names of tutors.
    """
    found = members.of_room(room, people)
    return Belonging(
        name,
        {one: DRIVE if one in tutors else role for one, role in found.items()},
        {
            entry: members.role_of(room, {entry})
            for entry in sorted(room.entries)
            if entry not in people
        },
    )


def of_group(
    name: str, entries: Collection[str], people: Mapping[str, Collection[str]]
) -> Belonging:
    """List a group's members.

    Args:
        name: the group's name.
        entries: the group's entries in the file.
        people: the organizations and teams of everybody who may be in, by name.
    """
    return Belonging(
        name,
        dict.fromkeys(members.of_group(entries, people), EDIT),
        {entry: EDIT for entry in sorted(entries) if entry not in people},
    )


def lines(rooms: Mapping[str, LabRoom], groups: Mapping[str, Collection[str]]) -> str:
    """Write the rooms and groups in force as lines of the tutor's file.

    Args:
        rooms: the rooms, by name.
        groups: the groups, by name.

    Returns:
        The lines; "" if there are neither rooms nor groups.
    """
    of_rooms = {name: _lists(room) for name, room in rooms.items()}
    of_groups = {name: sorted(entries) for name, entries in groups.items()}
    found: dict[str, Mapping[str, object]] = {
        "c.Classroom.rooms": of_rooms,
        "c.Classroom.groups": of_groups,
    }
    return "\n".join(_setting(name, value) for name, value in found.items() if value)


def _lists(room: LabRoom) -> object:
    if not room.view:
        return sorted(room.edit)
    return {EDIT: sorted(room.edit), VIEW: sorted(room.view)}


def _setting(name: str, value: Mapping[str, object]) -> str:
    """Write a setting; lists and texts of JSON are Python's as well."""
    entries = [
        f"    {json.dumps(key)}: {json.dumps(one, ensure_ascii=False)},\n"
        for key, one in value.items()
    ]
    return f"{name} = {{\n{''.join(entries)}}}"
