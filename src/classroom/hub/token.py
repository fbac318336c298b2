"""The lab's tokens in the Hub's database: none but the present one is good for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyterhub import orm

from classroom.runtime.paths import SERVICE

if TYPE_CHECKING:
    from pathlib import Path


def end_former(database: Path) -> None:
    """Delete the tokens that the lab had before, so that none of them is good for anything.

    Args:
        database: the Hub's SQLite file, before the Hub opens it; it adds the present one again.
    """
    if not database.exists():
        return
    try:
        factory = orm.new_session_factory(f"sqlite:///{database}")
    except orm.DatabaseSchemaMismatch:
        return  # the Hub itself refuses to run on it, and says how to upgrade
    with factory() as session:
        service = orm.Service.find(session, SERVICE)
        for one in list(service.api_tokens) if service is not None else ():
            session.delete(one)
        session.commit()
