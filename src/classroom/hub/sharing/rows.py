"""JupyterHub's shares as rows of its database: read, made, deleted, and heard of."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from jupyterhub import orm
from sqlalchemy import event, inspect
from sqlalchemy.orm import aliased

from classroom.hub.labs.rooms import OF_MEMBERS
from classroom.hub.sharing.grants import Share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from classroom.hub.sharing.grants import Pair

MATTERS = (orm.Share, orm.ShareCode, orm.User, orm.Spawner)
"""What JupyterHub changes when shares come and go. A deleted person's go with them."""


def read(db: Any) -> list[Share]:
    """List the shares with people, of whichever way they were made.

    Shares with groups are not in it: with JupyterHub 6.1.1 they open no lab.

    Args:
        db: the Hub's database.
    """
    owner, guest = aliased(orm.User), aliased(orm.User)
    query = (
        db.query(orm.Share.id, orm.Share.created_at, owner.name, guest.name)
        .join(orm.Spawner, orm.Share.spawner_id == orm.Spawner.id)
        .join(owner, orm.Spawner.user_id == owner.id)
        .join(guest, orm.Share.user_id == guest.id)
        .filter(orm.Spawner.name == "")
    )
    return [
        Share((whose, name), f"{number} {made.isoformat()}", made.replace(tzinfo=UTC).timestamp())
        for number, made, whose, name in query
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


def delete(db: Any, pairs: Iterable[Pair]) -> None:
    """End shares.

    Args:
        db: the Hub's database.
        pairs: whose lab, and with whom, of each.
    """
    for pair in pairs:
        owner, guest = (orm.User.find(db, name) for name in pair)
        spawner = owner.orm_spawners.get("") if owner is not None else None
        if spawner is not None and guest is not None:
            orm.Share.revoke(db, spawner, guest)
    db.commit()


def is_renamed(row: Any) -> bool:
    """Say whether a row that is being written is somebody's who gets another name."""
    return isinstance(row, orm.User) and bool(inspect(row).attrs.name.history.has_changes())


def hear(db: Any, changed: Callable[[], None]) -> None:
    """Have something called after each change that shares may be part of.

    JupyterHub's own API makes and deletes shares, and so does its page that accepts a code.

    Args:
        db: the Hub's database.
        changed: is called before the change is committed.
    """

    def after_flush(session: Any, _: Any) -> None:
        rows = [*session.new, *session.deleted]
        if any(isinstance(row, MATTERS) for row in rows) or any(map(is_renamed, session.dirty)):
            changed()

    def after_bulk_delete(_: Any) -> None:
        changed()

    event.listen(db, "after_flush", after_flush)
    event.listen(db, "after_bulk_delete", after_bulk_delete)
