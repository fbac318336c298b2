"""Answer the page *People*: everybody on the list, rooms and groups, at this moment."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from jupyterhub import orm
from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.scopes import needs_scope
from jupyterhub.user import User

from classroom.hub.access import listing, policy
from classroom.hub.access.listing import HubUser, ListEntry
from classroom.hub.labs import belonging, lab_rooms
from classroom.hub.labs.administration import labs_as_json
from classroom.hub.labs.listing import LabKind, LabListing
from classroom.hub.labs.service import LABS
from classroom.runtime.lab_room_names import room_of
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from classroom.hub.access.service import Access
    from classroom.hub.labs.belonging import Belonging
    from classroom.hub.labs.listing import EnterableLab
    from classroom.hub.labs.service import PersonalLabs


def known(user: orm.User) -> HubUser:
    """Make a `HubUser` of a user of the Hub's database."""
    info = user.user_info or {}
    shown = str(info.get("display_name") or "")
    return HubUser(
        user.name, bool(user.admin), aware(user.last_activity), policy.admitted_by(user), shown
    )


def aware(moment: datetime | None) -> datetime | None:
    """Give a time of the database its zone; it keeps UTC without one."""
    return moment.replace(tzinfo=UTC) if moment is not None else None


def as_json(entry: ListEntry) -> dict[str, object]:
    """Write an entry for the page; times in ISO 8601."""
    return {
        "name": entry.name,
        "shown": entry.shown,
        "source": gettext(entry.source) if entry.source else "",
        "tutor": entry.tutor,
        "seen": entry.seen.isoformat() if entry.seen else None,
        "here": entry.here,
        "removed": entry.removed,
    }


def listed(db: Session, access: Access) -> list[ListEntry]:
    """List everybody who may be in, and people who were removed.

    Args:
        db: the Hub's database.
        access: decides who may be in.
    """
    users = [known(user) for user in db.query(orm.User).all()]
    return listing.entries(users, access.people, listing.read_here(access.paths.here))


def rooms_and_groups(
    db: Session, labs: PersonalLabs, found: Iterable[ListEntry], entered: Iterable[EnterableLab]
) -> dict[str, Any]:
    """Encode rooms and groups for the page: their members, and the lines of the configuration.

    Args:
        db: the Hub's database.
        labs: all labs besides the class.
        found: everybody, as `listed`.
        entered: the rooms that the page's person may enter.
    """
    inside = [entry for entry in found if not entry.removed]
    known = lab_rooms.people_of(db)
    people = {entry.name: known.get(entry.name, ()) for entry in inside}
    tutors = {entry.name for entry in inside if entry.tutor}
    by_name = {lab.name: lab for lab in entered}
    of_rooms = [belonging.of_room(n, labs.rooms[n], people, tutors) for n in sorted(labs.rooms)]
    of_groups = [belonging.of_group(n, labs.groups[n], people) for n in sorted(labs.groups)]
    return {
        "rooms": [room_as_json(one, by_name.get(one.name)) for one in of_rooms],
        "groups": [
            {"name": one.name, "members": list(one.members), "named": list(one.named)}
            for one in of_groups
        ],
        "lines": belonging.lines(labs.rooms, labs.groups),
    }


def room_as_json(room: Belonging, lab: EnterableLab | None) -> dict[str, Any]:
    """Encode a room for the page.

    Args:
        room: the room and its members.
        lab: the room's lab, if the page's person may enter it.

    Returns:
        The room; its address is empty for a person who may not open it.
    """
    may_open = lab is not None and (lab.is_running or lab.may_start)
    return {
        "name": room.name,
        "members": dict(room.members),
        "named": dict(room.named),
        "address": lab.address if lab is not None and may_open else "",
        "running": lab is not None and lab.is_running,
        "here": list(lab.here) if lab is not None else [],
    }


def students_of_rooms(
    roles: Mapping[str, Mapping[str, str]], students: Collection[str]
) -> list[dict[str, object]]:
    """List the students of each room that has any.

    Args:
        roles: people's roles in each room, by the Hub's name of the room.
        students: the names of all students.
    """
    found = {room_of(name): [one for one in students if one in who] for name, who in roles.items()}
    return [{"name": room, "members": found[room]} for room in sorted(found) if found[room]]


class PeopleListHandler(APIHandler):
    """Everybody who may be in, with rooms and groups, only for tutors."""

    @needs_scope("admin:users")  # type: ignore[untyped-decorator]
    async def get(self) -> None:
        """Get the list."""
        found = listed(self.db, self.authenticator.access)
        answer: dict[str, Any] = {"people": [as_json(entry) for entry in found]}
        labs: PersonalLabs | None = self.settings.get(LABS)
        if labs is not None and labs.has_any:
            asking = self.current_user  # a service can't enter labs
            entered = LabListing(labs).may_enter(asking) if isinstance(asking, User) else []
            in_rooms = [lab for lab in entered if lab.kind is LabKind.ROOM]
            answer |= rooms_and_groups(self.db, labs, found, in_rooms)
            answer["labs"] = labs_as_json(labs.registry.all(), entered, labs.rooms)
        self.finish(json.dumps(answer))
