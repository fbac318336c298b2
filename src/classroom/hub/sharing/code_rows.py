"""Read, make, find, count and delete JupyterHub's share codes in its database."""

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
    """List the codes for labs, made by links or through JupyterHub's API.

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
    """Make a code with which people may enter and start the lab.

    Args:
        db: the Hub's database.
        owner: the lab's owner.
        seconds: how long it works.

    Returns:
        The stored code, and the secret code itself, of which JupyterHub stores only the hash.
    """
    spawner = rows.spawner_of(db, owner)
    scopes = [f"{what}:servers!server={owner}/" for what in OF_MEMBERS]
    row, secret = orm.ShareCode.new(db, spawner, scopes=scopes, expires_in=seconds)
    until = _seconds(row.expires_at)
    return Code(owner, _key(row.id, row.created_at), _seconds(row.created_at), until), secret


def find(db: Any, secret: str) -> str:
    """Return the key of a secret code; "" if there is no such code.

    Args:
        db: the Hub's database.
        secret: the code itself.
    """
    row = orm.ShareCode.find(db, secret) if 0 < len(secret) <= LONGEST_CODE_CHARACTERS else None
    return _key(row.id, row.created_at) if row is not None else ""


def scopes(db: Any, key: str) -> list[str] | None:
    """Return a code's scopes in JupyterHub; None if the code is gone.

    Args:
        db: the Hub's database.
        key: the code's key.
    """
    row = _row(db, key)
    return list(row.scopes) if row is not None else None


def count(db: Any, key: str) -> None:
    """Update JupyterHub's own count of a code's uses.

    Args:
        db: the Hub's database.
        key: the code's key.
    """
    if (row := _row(db, key)) is not None:
        row.exchange_count = (row.exchange_count or 0) + 1
        row.last_exchanged_at = row.now()
        db.commit()


def delete(db: Any, keys: Collection[str]) -> None:
    """Delete codes.

    Args:
        db: the Hub's database.
        keys: the codes' keys.
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
    """Return a unique key of a code, also if a later code gets its row number."""
    return f"{number} {made.isoformat()}"


def _seconds(when: datetime) -> float:
    return when.replace(tzinfo=UTC).timestamp()
