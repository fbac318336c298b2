"""``classroom users``: all allowed users, why each is allowed, and who is online."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from classroom.hub.access import listing, roster
from classroom.hub.access.listing import HubUser
from classroom.hub.access.policy import ADMITTED_BY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classroom.hub.access.roster import Roster
    from classroom.runtime.paths import Paths

HEADS = ("name", "from", "tutor", "last seen", "in the lab")


def ago(seen: datetime | None, now: datetime) -> str:
    """Format how long ago something was."""
    if seen is None:
        return "never"
    minutes = int((now - seen).total_seconds() // 60)
    for size, word in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    return "just now"


def table(known: Iterable[HubUser], people: Roster, here: Iterable[str], now: datetime) -> str:
    """Format all users as a table.

    Args:
        known: the users in the Hub's database.
        people: the people on the list.
        here: the people who have the lab open.
        now: the time, UTC.
    """
    rows = [HEADS]
    for one in listing.entries(known, people, here):
        if one.removed:
            continue
        seen, there = ago(one.seen, now), "yes" if one.here else ""
        rows.append((one.name, one.source, "tutor" if one.tutor else "", seen, there))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(lines)


def read_database(paths: Paths) -> list[HubUser]:
    """Read the users that the Hub knows, without locking its database.

    Raises:
        sqlite3.Error: there is no database yet, or it can't be read.
    """
    query = "SELECT name, admin, last_activity, user_info FROM users"
    file = f"file:{paths.hub / 'jupyterhub.sqlite'}?mode=ro"
    with closing(sqlite3.connect(file, uri=True)) as database:
        return [to_known(*row) for row in database.execute(query)]


def to_known(name: str, admin: Any, seen: str | None, info: str | None) -> HubUser:
    """Make a `HubUser` of a row of the Hub's database."""
    return HubUser(
        name,
        bool(admin),
        datetime.fromisoformat(seen).replace(tzinfo=UTC) if seen else None,
        tuple((json.loads(info or "null") or {}).get(ADMITTED_BY, ())),
    )


def report(paths: Paths) -> str:
    """Format what the list, the Hub's database and the lab know about all users.

    Raises:
        sqlite3.Error: the lab has not been started yet.
    """
    known, people = read_database(paths), roster.read(paths.people)
    return table(known, people, listing.read_here(paths.here), datetime.now(UTC))
