"""Read and check the tutor's rooms, which are labs, and groups."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from classroom.config import confusables, people, people_lists, trait_kinds
from classroom.runtime.access_state import EDIT, VIEW
from classroom.runtime.lab_room_names import PREFIX
from classroom.runtime.problems import Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from classroom.config.config_file import ConfigFile
    from classroom.config.traits import Classroom

ROOMS, GROUPS = "Classroom.rooms", "Classroom.groups"
NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?", re.IGNORECASE)
"""The form of a room's name: it is part of an address, and of a JupyterHub role's name."""
NAMES_CURE = (
    "write letters from a to z, digits, dots and hyphens, 40 characters at most: people see it in"
    " the room's address"
)


@dataclass(frozen=True)
class LabRoom:
    """A room and its members besides tutors: names, organizations or teams, in lower case.

    Attributes:
        edit: members who may edit.
        view: members who are view-only, unless another entry lets them edit.
    """

    edit: frozenset[str] = frozenset()
    view: frozenset[str] = frozenset()

    @property
    def entries(self) -> frozenset[str]:
        """All members."""
        return self.edit | self.view


@dataclass
class Found:
    """The rooms and groups in the file.

    Attributes:
        rooms: the rooms, by name in lower case.
        groups: the groups, whose members may enter each other's labs, by name in lower case.
        problems: what is wrong with them.
    """

    rooms: dict[str, LabRoom] = field(default_factory=dict)
    groups: dict[str, frozenset[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read(file: ConfigFile, ours: Classroom, *, by_github: bool) -> Found:
    """Read rooms and groups.

    Args:
        file: the tutor's configuration, its types checked.
        ours: our settings in it.
        by_github: whether people sign in with GitHub, which has organizations and teams.
    """
    found, where = Found(), file.where(ROOMS)
    found.problems += _wrong_names(where, ours.rooms, "room")
    for name, wanted in ours.rooms.items():
        place, lists = f"{where}: {name}", wanted if isinstance(wanted, dict) else {EDIT: wanted}
        found.problems += _wrong_roles(place, lists)
        for members in lists.values():
            found.problems += _wrong_members(place, members, by_github=by_github)
        named = {role: _names(lists.get(role)) for role in (EDIT, VIEW)}
        found.rooms[str(name).lower()] = LabRoom(named[EDIT], named[VIEW])
    where = file.where(GROUPS)
    found.problems += _wrong_names(where, ours.groups, "group")
    for name, members in ours.groups.items():
        found.problems += _wrong_members(f"{where}: {name}", members, by_github=by_github)
        found.groups[str(name).lower()] = _names(members)
    found.problems += _wrong_groups(file, ours)
    return found


def reserved(where: str, names: frozenset[str]) -> Iterator[Problem]:
    """Refuse people's names that begin like the Hub's names of rooms.

    Args:
        where: the setting, for the sentence.
        names: the people's names.
    """
    for name in sorted(names):
        if name.startswith(PREFIX):
            what = f"{people_lists.short(name)!r} can't be a person: rooms are called so"
            yield Problem(where, what, f"write a name that doesn't begin with {PREFIX!r}")


def _names(members: Any) -> frozenset[str]:
    """Normalise names; return none if the value is not a list, which is reported elsewhere."""
    return (
        people.names(members)
        if isinstance(members, list | tuple | set | frozenset)
        else frozenset()
    )


def _wrong_names(where: str, wanted: Mapping[Any, Any], kind: str) -> Iterator[Problem]:
    """Find names that are invalid, or that people would mistake for another."""
    before: list[str] = []
    for name in wanted:
        shown = people_lists.short(repr(name))
        if not isinstance(name, str) or not NAME.fullmatch(name):
            yield Problem(where, f"{shown} can't be the name of a {kind}", NAMES_CURE)
            continue
        for other in before:
            if confusables.alike(name, other):
                what = f"{shown} and {other!r} look the same"
                yield Problem(where, what, f"give one {kind} another name, or write it once")
        before.append(name)


def _wrong_roles(where: str, lists: Mapping[Any, Any]) -> Iterator[Problem]:
    """Find roles that do not exist."""
    for role in lists:
        if role not in {EDIT, VIEW}:
            what = f"there is no role {people_lists.short(repr(role))}"
            cure = did_you_mean(str(role), (EDIT, VIEW)) or 'write "edit" or "view"'
            yield Problem(where, what, cure)


def _wrong_members(where: str, members: Any, *, by_github: bool) -> Iterator[Problem]:
    """Find values that are not lists of people, organizations and teams."""
    if not isinstance(members, list | tuple | set | frozenset):
        shown = people_lists.short(repr(members))
        what = (
            f"{shown} is a text, not a list" if isinstance(members, str) else f"{shown} is no list"
        )
        yield Problem(
            where, what, f"write [{shown}]" if isinstance(members, str) else 'write ["ada"]'
        )
        return
    if no_texts := list(people_lists.no_texts(where, members)):
        yield from no_texts
        return
    names = _names(members)
    teams = {name for name in names if ":" in name or "/" in name}
    if by_github:
        yield from people_lists.wrong_organizations(where, teams)
        yield from people_lists.wrong_logins(where, names - teams)
        return
    for name in sorted(teams):
        what = f"{people_lists.short(name)!r} is a team of an organization at GitHub"
        yield Problem(where, what, "name the people: nobody signs in with GitHub here")
    yield from people_lists.wrong_people(where, names - teams)


def _wrong_groups(file: ConfigFile, ours: Classroom) -> Iterator[Problem]:
    """Find groups without an effect, and groups that are also in JupyterHub's setting."""
    where = file.where(GROUPS)
    if ours.groups and not ours.personal_labs:
        what = "its members may enter each other's labs, and nobody has a lab of their own"
        yield Problem(where, what, "add c.Classroom.personal_labs = True")
    given = file.config.get("JupyterHub", {}).get("load_groups", {})
    given = given.get_value({}) if trait_kinds.is_lazy(given) else given
    for name in sorted({str(one).lower() for one in ours.groups} & set(given or {})):
        what = f"{name!r} is in c.JupyterHub.load_groups, too"
        yield Problem(where, what, "write the group in one of the two places")
