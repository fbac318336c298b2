"""List everybody who may be in, for the page *People* and ``classroom users``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.hub.labs import lab_files
from classroom.runtime.lab_room_names import room_of
from classroom.runtime.words import gettext_noop

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from classroom.hub.access.roster import Roster

SOURCES = {"file": gettext_noop("file"), "page": gettext_noop("People page")}
PASSPHRASE = gettext_noop("passphrase")


@dataclass(frozen=True)
class HubUser:
    """A user in the Hub's database.

    Attributes:
        name: the user's name.
        tutor: whether the user is a tutor.
        seen: when the user was last active, UTC; None for never.
        organizations: the organizations that admit a user who is on no list.
        shown: how others see the name; "" for a user who was never here.
    """

    name: str
    tutor: bool = False
    seen: datetime | None = None
    organizations: tuple[str, ...] = ()
    shown: str = ""


@dataclass(frozen=True)
class ListEntry:
    """Somebody on the list, or somebody who was removed from it.

    Attributes:
        name: the Hub's user name.
        shown: how others see the name.
        source: why they may be in: the file, the page, organizations, or the passphrase.
        tutor: whether they are a tutor.
        seen: when they were last active, UTC; None for never.
        here: whether they have the lab open.
        removed: whether a tutor has removed them.
    """

    name: str
    shown: str
    source: str
    tutor: bool = False
    seen: datetime | None = None
    here: bool = False
    removed: bool = False


def entries(known: Iterable[HubUser], people: Roster, here: Iterable[str]) -> list[ListEntry]:
    """List everybody who may be in, and people who were removed.

    Args:
        known: the users in the Hub's database.
        people: the people on the list.
        here: the people who have the lab open.
    """
    by_name = {one.name: one for one in known if not room_of(one.name)}
    there = set(here)
    found = []
    for name in sorted(by_name.keys() | people.names | people.out):
        one = by_name.get(name, HubUser(name, tutor=name in people.all_tutors))
        removed = name in people.out
        why = SOURCES.get(people.source(name)) or ", ".join(one.organizations) or PASSPHRASE
        found.append(
            ListEntry(
                name,
                one.shown or name,
                "" if removed else why,
                one.tutor and not removed,
                one.seen,
                name in there and not removed,
                removed,
            )
        )
    return found


def read_here(file: Path) -> set[str]:
    """Read who has a lab open; nobody while it starts.

    Args:
        file: `classroom.runtime.paths.Paths.here` of the lab.
    """
    names = lab_files.read(file).get("here")
    return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()
