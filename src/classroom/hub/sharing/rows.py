"""Read, make, delete and watch JupyterHub's shares in its database."""

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
"""The tables whose changes can affect shares; a deleted person's shares are deleted too."""
ACCESS = "access:servers"
SCOPES: Any = orm.Share.__table__.c.scopes
SCOPES_AS_JSON = literal_column(f"{orm.Share.__tablename__}.{SCOPES.name}", Unicode())
"""The column as stored text; SQLAlchemy warns of the type that JupyterHub gives it."""


def lets_in(scopes: Iterable[str]) -> bool:
    """Say whether a share permits entering the lab; JupyterHub's API can remove that scope.

    Args:
        scopes: the share's scopes.
    """
    left = {one.partition("!")[0] for one in scopes}
    seen: set[str] = set()
    while left and ACCESS not in left:
        seen |= left
        left = {one for name in left for one in scope_definitions[name].get("subscopes", ())} - seen
    return ACCESS in left


def read(db: Any) -> list[Share]:
    """List the shares that let people enter a lab, also those made through JupyterHub's API.

    Shares with groups are left out, because with JupyterHub 6.1.1 they open no lab.

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
    """List the names of all users.

    Args:
        db: the Hub's database.
    """
    return {name for (name,) in db.query(orm.User.name)}


def spawner_of(db: Any, owner: str) -> Any:
    """Return JupyterHub's row for a lab; make it if there is none yet.

    Args:
        db: the Hub's database.
        owner: the lab's owner, an existing user.
    """
    user = orm.User.find(db, owner)
    spawner = user.orm_spawners.get("")
    if spawner is None:
        spawner = orm.Spawner(name="", user=user)
        db.add(spawner)
        db.flush()
    return spawner


def make(db: Any, pair: Pair, scopes: list[str] | None = None) -> None:
    """Share a lab with an existing user.

    Args:
        db: the Hub's database.
        pair: the lab's owner, and the guest.
        scopes: the share's scopes; None to enter the lab and start it.
    """
    owner, name = pair
    if scopes is None:
        scopes = [f"{what}:servers!server={owner}/" for what in OF_MEMBERS]
    orm.Share.grant(db, spawner_of(db, owner), orm.User.find(db, name), scopes=scopes)


def scopes_of(db: Any, pair: Pair) -> frozenset[str]:
    """Return a share's scopes; none if there is no share.

    Args:
        db: the Hub's database.
        pair: the lab's owner, and the guest.
    """
    row = _find(db, pair)
    return frozenset(row.scopes) if row is not None else frozenset()


def delete(db: Any, pairs: Iterable[Pair]) -> None:
    """End shares.

    Args:
        db: the Hub's database.
        pairs: owner and guest of each share.
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
    """Say whether a row that is being written is of a user who is being renamed."""
    return isinstance(row, orm.User) and bool(inspect(row).attrs.name.history.has_changes())


def has_other_scopes(row: Any) -> bool:
    """Say whether a row that is being written is a share whose scopes change."""
    if not isinstance(row, orm.Share):
        return False
    found = inspect(row)
    return bool(found.attrs[found.mapper.get_property_by_column(SCOPES).key].history.has_changes())


def hear(db: Any, changed: Callable[[], None]) -> None:
    """Call a function at each change that may affect shares.

    JupyterHub's own API makes and deletes shares, and so does its page that accepts a code.

    Args:
        db: the Hub's database.
        changed: called before the change is committed.
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
