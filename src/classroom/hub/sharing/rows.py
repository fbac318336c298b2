"""JupyterHub's shares as rows of its database: read, made, deleted, and heard of."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from jupyterhub import orm
from jupyterhub.scopes import scope_definitions
from sqlalchemy import Unicode, event, inspect, literal_column
from sqlalchemy.orm import aliased

from classroom.hub.labs.lab_rooms import OF_MEMBERS
from classroom.hub.sharing.grants import Share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from classroom.hub.sharing.grants import Pair

MATTERS = (orm.Share, orm.ShareCode, orm.User, orm.Spawner)
"""What JupyterHub changes when shares come and go. A deleted person's go with them."""
ACCESS = "access:servers"
SCOPES: Any = orm.Share.__table__.c.scopes
SCOPES_AS_JSON = literal_column(f"{orm.Share.__tablename__}.{SCOPES.name}", Unicode())
"""As they are kept; SQLAlchemy warns of the type that JupyterHub gives the column."""


def lets_in(scopes: Iterable[str]) -> bool:
    """Say whether a share lets enter the lab: JupyterHub's API may leave it less than that.

    Args:
        scopes: the share's.
    """
    left = {one.partition("!")[0] for one in scopes}
    seen: set[str] = set()
    while left and ACCESS not in left:
        seen |= left
        left = {one for name in left for one in scope_definitions[name].get("subscopes", ())} - seen
    return ACCESS in left


def read(db: Any) -> list[Share]:
    """List the shares that let people enter a lab, of whichever way they were made.

    Shares with groups are not in it: with JupyterHub 6.1.1 they open no lab.

    Args:
        db: the Hub's database.
    """
    owner, guest = aliased(orm.User), aliased(orm.User)
    query = (
        db.query(orm.Share.id, orm.Share.created_at, SCOPES_AS_JSON, owner.name, guest.name)
        .join(orm.Spawner, orm.Share.spawner_id == orm.Spawner.id)
        .join(owner, orm.Spawner.user_id == owner.id)
        .join(guest, orm.Share.user_id == guest.id)
        .filter(orm.Spawner.name == "")
    )
    return [
        Share((whose, name), f"{number} {made.isoformat()}", made.replace(tzinfo=UTC).timestamp())
        for number, made, scopes, whose, name in query
        if lets_in(json.loads(scopes or "[]"))
    ]


def people(db: Any) -> set[str]:
    """List the names of all whom the Hub knows.

    Args:
        db: the Hub's database.
    """
    return {name for (name,) in db.query(orm.User.name)}


def spawner_of(db: Any, owner: str) -> Any:
    """Return JupyterHub's row for a lab, which there may not be yet.

    Args:
        db: the Hub's database.
        owner: whose lab; they are known.
    """
    user = orm.User.find(db, owner)
    spawner = user.orm_spawners.get("")
    if spawner is None:
        spawner = orm.Spawner(name="", user=user)
        db.add(spawner)
        db.flush()
    return spawner


def make(db: Any, pair: Pair, scopes: list[str] | None = None) -> None:
    """Share a lab with somebody who is known.

    Args:
        db: the Hub's database.
        pair: whose lab, and with whom.
        scopes: what they may, as JupyterHub has it; None to enter the lab and start it.
    """
    owner, name = pair
    if scopes is None:
        scopes = [f"{what}:servers!server={owner}/" for what in OF_MEMBERS]
    orm.Share.grant(db, spawner_of(db, owner), orm.User.find(db, name), scopes=scopes)


def scopes_of(db: Any, pair: Pair) -> frozenset[str]:
    """Return what a share lets do, as JupyterHub has it; nothing if there is none.

    Args:
        db: the Hub's database.
        pair: whose lab, and with whom.
    """
    row = _find(db, pair)
    return frozenset(row.scopes) if row is not None else frozenset()


def delete(db: Any, pairs: Iterable[Pair]) -> None:
    """End shares.

    Args:
        db: the Hub's database.
        pairs: whose lab, and with whom, of each.
    """
    for pair in pairs:
        if (row := _find(db, pair)) is not None:
            orm.Share.revoke(db, row.spawner, row.user)
    db.commit()


def _find(db: Any, pair: Pair) -> Any:
    owner, guest = (orm.User.find(db, name) for name in pair)
    spawner = owner.orm_spawners.get("") if owner is not None else None
    both = spawner is not None and guest is not None
    return orm.Share.find(db, spawner, guest) if both else None


def is_renamed(row: Any) -> bool:
    """Say whether a row that is being written is somebody's who gets another name."""
    return isinstance(row, orm.User) and bool(inspect(row).attrs.name.history.has_changes())


def has_other_scopes(row: Any) -> bool:
    """Say whether a row that is being written is a share that gives more or less from now on."""
    if not isinstance(row, orm.Share):
        return False
    found = inspect(row)
    return bool(found.attrs[found.mapper.get_property_by_column(SCOPES).key].history.has_changes())


def hear(db: Any, changed: Callable[[], None]) -> None:
    """Have something called after each change that shares may be part of.

    JupyterHub's own API makes and deletes shares, and so does its page that accepts a code.

    Args:
        db: the Hub's database.
        changed: is called before the change is committed.
    """

    def after_flush(session: Any, _: Any) -> None:
        rows = [*session.new, *session.deleted]
        other = (is_renamed(row) or has_other_scopes(row) for row in session.dirty)
        if any(isinstance(row, MATTERS) for row in rows) or any(other):
            changed()

    def after_bulk_delete(_: Any) -> None:
        changed()

    event.listen(db, "after_flush", after_flush)
    event.listen(db, "after_bulk_delete", after_bulk_delete)
