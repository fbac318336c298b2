"""Delete old tokens of our services from the Hub's database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyterhub import orm

from classroom.runtime.paths import COMMAND, SERVICE

if TYPE_CHECKING:
    from pathlib import Path


def end_former(database: Path) -> None:
    """Delete the tokens that lab and command had before, so that they become invalid.

    Args:
        database: the Hub's SQLite file, before the Hub opens it and adds the present tokens.
    """
    if not database.exists():
        return
    try:
        factory = orm.new_session_factory(f"sqlite:///{database}")
    except orm.DatabaseSchemaMismatch:
        return  # the Hub itself refuses to run on it, and says how to upgrade
    with factory() as session:
        for name in (SERVICE, COMMAND):
            service = orm.Service.find(session, name)
            for one in list(service.api_tokens) if service is not None else ():
                session.delete(one)
        session.commit()
