"""End the access of people who have left the list while the Hub was down.

The Hub checks the list when somebody signs in, and never again: without this, whoever was signed
in stays so across restarts, however the list has changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyterhub import orm

from classroom.hub.allowlist import ADMITTED_BY

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.hub.allowlist import Allowlist


def end_access_of_leavers(database: Path, allowlist: Allowlist) -> list[str]:
    """Delete the tokens and invalidate the cookies of everybody the list no longer admits.

    To be called before the Hub opens the database. The people themselves, and their files, stay.

    Args:
        database: the Hub's SQLite file; when there is none yet, nothing is done.
        allowlist: as configured now.

    Returns:
        The names of those whose access ended.
    """
    if not database.exists():
        return []
    try:
        factory = orm.new_session_factory(f"sqlite:///{database}")
    except orm.DatabaseSchemaMismatch:
        return []  # The Hub itself refuses to run on it, and says how to upgrade.
    with factory() as session:
        gone = [
            user
            for user in session.query(orm.User)
            if not allowlist.admits(user.name, (user.user_info or {}).get(ADMITTED_BY))
        ]
        ended = [user.name for user in gone if user.api_tokens]
        for user in gone:
            for token in list(user.api_tokens):
                session.delete(token)
            user.cookie_id = orm.new_token()
        session.commit()
    return ended
