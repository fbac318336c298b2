"""End the access of people whom the configuration no longer admits, while the Hub is down.

The Hub checks the list when somebody signs in, and never again: without this, whoever was signed
in stays so across restarts, however the list, or the way to sign in, has changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyterhub import orm

from classroom import files
from classroom.hub.allowlist import ADMITTED_BY, Allowlist
from classroom.settings import Mode

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.settings import Settings

NOBODY = Allowlist()


def way_to_sign_in(settings: Settings) -> str:
    """Name the authority that says who somebody is.

    The same name under another authority is another person: in a trial, anybody can be "mona".
    """
    if settings.mode is Mode.CUSTOM:
        return f"custom {settings.config.JupyterHub.authenticator_class}"
    return settings.oauth.github_url if settings.oauth is not None else settings.mode.value


def admitted(settings: Settings, last: str) -> Allowlist:
    """Decide whose access holds across a start.

    Args:
        settings: as they are now.
        last: the way to sign in at the last start; empty when it isn't known.
    """
    if way_to_sign_in(settings) != last:
        return NOBODY
    if settings.mode is not Mode.GITHUB:
        return Allowlist(everybody=True, blocked=settings.blocked)
    return Allowlist(
        names=settings.allowed | settings.tutors,
        blocked=settings.blocked,
        organizations=settings.organizations,
        everybody=settings.everybody,
    )


def apply(settings: Settings) -> list[str]:
    """End the access of whoever may no longer be in, before the Hub opens its database.

    Args:
        settings: as loaded and checked.

    Returns:
        The names of those who were signed out.
    """
    marker = settings.paths.hub / "way_to_sign_in"
    last = marker.read_text(encoding="utf-8") if marker.exists() else ""
    gone = end_access(settings.paths.hub / "jupyterhub.sqlite", admitted(settings, last))
    # After it has been done: a start that is cut short does it again.
    files.write_private(marker, way_to_sign_in(settings).encode())
    return gone


def end_access(database: Path, allowlist: Allowlist) -> list[str]:
    """Delete the tokens and invalidate the cookies of everybody the list doesn't admit.

    The people themselves, and their files, stay.

    Args:
        database: the Hub's SQLite file; when there is none yet, nothing is done.
        allowlist: who may stay signed in.

    Returns:
        The names of those who were signed out.
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
            if not allowlist.admits(user.name, (user.user_info or {}).get(ADMITTED_BY, ()))
        ]
        ended = [user.name for user in gone if user.api_tokens]
        for user in gone:
            for token in list(user.api_tokens):
                session.delete(token)
            user.cookie_id = orm.new_token()
            user.admin = False  # the Hub makes those admin again whom admin_users names
            user.roles = [role for role in user.roles if role.name != "admin"]
        session.commit()
    return ended
