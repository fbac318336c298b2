"""What the page *People* shows: everybody on the list, as it is at the moment."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING

from jupyterhub import orm
from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.scopes import needs_scope

from classroom.hub.access import listing, policy
from classroom.hub.access.listing import HubUser, ListEntry
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from classroom.hub.access.service import Access


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
    """List everybody who may be in, and who was removed.

    Args:
        db: the Hub's database.
        access: who may be in.
    """
    users = [known(user) for user in db.query(orm.User).all()]
    return listing.entries(users, access.people, listing.read_here(access.paths.here))


class PeopleListHandler(APIHandler):
    """Everybody who may be in: for tutors alone."""

    @needs_scope("admin:users")  # type: ignore[untyped-decorator]
    async def get(self) -> None:
        """Get the list."""
        found = listed(self.db, self.authenticator.access)
        self.finish(json.dumps({"people": [as_json(entry) for entry in found]}))
