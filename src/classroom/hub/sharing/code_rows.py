"""JupyterHub's share codes as rows of its database: read, made, found, counted, deleted."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from jupyterhub import orm

from classroom.hub.labs.lab_rooms import OF_MEMBERS
from classroom.hub.sharing import rows
from classroom.hub.sharing.links import Code

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

LONGEST_CODE_CHARACTERS = 200
"""JupyterHub's codes have 43."""


def read(db: Any) -> list[Code]:
    """List the codes for labs, of whichever way they were made.

    Args:
        db: the Hub's database.
    """
    code = orm.ShareCode
    query = (
        db.query(code.id, code.created_at, code.expires_at, orm.User.name)
        .join(orm.Spawner, code.spawner_id == orm.Spawner.id)
        .join(orm.User, orm.Spawner.user_id == orm.User.id)
        .filter(orm.Spawner.name == "")
    )
    return [
        Code(owner, _key(number, made), _seconds(made), _seconds(until) if until else None)
        for number, made, until, owner in query
    ]


def make(db: Any, owner: str, seconds: float) -> tuple[Code, str]:
    """Make a code, by which people are let in and may start the lab.

    Args:
        db: the Hub's database.
        owner: whose lab.
        seconds: how long it lives.

    Returns:
        The code as it is kept, and itself: JupyterHub keeps only its hash.
    """
    spawner = rows.spawner_of(db, owner)
    scopes = [f"{what}:servers!server={owner}/" for what in OF_MEMBERS]
    row, secret = orm.ShareCode.new(db, spawner, scopes=scopes, expires_in=seconds)
    until = _seconds(row.expires_at)
    return Code(owner, _key(row.id, row.created_at), _seconds(row.created_at), until), secret


def find(db: Any, secret: str) -> str:
    """Return the key of a code that somebody has shown; "" if there is no such code.

    Args:
        db: the Hub's database.
        secret: the code itself.
    """
    row = orm.ShareCode.find(db, secret) if 0 < len(secret) <= LONGEST_CODE_CHARACTERS else None
    return _key(row.id, row.created_at) if row is not None else ""


def scopes(db: Any, key: str) -> list[str] | None:
    """Return what a code lets do, as JupyterHub has it; None if it is gone.

    Args:
        db: the Hub's database.
        key: the code's.
    """
    row = _row(db, key)
    return list(row.scopes) if row is not None else None


def count(db: Any, key: str) -> None:
    """Have JupyterHub say that somebody came by a code.

    Args:
        db: the Hub's database.
        key: the code's.
    """
    if (row := _row(db, key)) is not None:
        row.exchange_count = (row.exchange_count or 0) + 1
        row.last_exchanged_at = row.now()
        db.commit()


def delete(db: Any, keys: Collection[str]) -> None:
    """Have codes let in nobody any more.

    Args:
        db: the Hub's database.
        keys: of each.
    """
    for key in keys:
        if (row := _row(db, key)) is not None:
            db.delete(row)
    db.commit()


def _row(db: Any, key: str) -> Any:
    number = key.partition(" ")[0]
    row = db.get(orm.ShareCode, int(number)) if number.isdigit() else None
    return row if row is not None and _key(row.id, row.created_at) == key else None


def _key(number: int, made: datetime) -> str:
    """Tell a code from others, also from one that gets its number when it is gone."""
    return f"{number} {made.isoformat()}"


def _seconds(when: datetime) -> float:
    return when.replace(tzinfo=UTC).timestamp()
