"""End the access of people whom the configuration no longer admits, before the Hub starts.

The Hub checks the list only at a sign-in. Without this module, people would stay signed in across
restarts, even if the list, or the way to sign in, has changed. While the Hub runs,
`classroom.hub.access.service` does this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyterhub import orm

from classroom.config.sign_in_mode import SignInMode
from classroom.hub.access import policy, roster
from classroom.hub.access.policy import Allowlist
from classroom.hub.access.roster import Roster
from classroom.runtime import files
from classroom.runtime.lab_room_names import room_of

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.config.settings import Settings

NOBODY = Allowlist()


def way_to_sign_in(settings: Settings) -> str:
    """Name the authority that confirms people's identities.

    The same name with another authority is another person: in a trial, anybody can be "mona".
    """
    if settings.mode is SignInMode.CUSTOM:
        return f"custom {settings.config.JupyterHub.authenticator_class}"
    return settings.oauth.github_url if settings.oauth is not None else settings.mode.value


def apply(settings: Settings) -> tuple[Roster, list[str]]:
    """End the access of people who may no longer be in, before the Hub opens its database.

    Args:
        settings: as loaded and checked.

    Returns:
        The people on the list, and the names of people who were signed out.
    """
    marker = settings.paths.hub / "way_to_sign_in"
    last = marker.read_text(encoding="utf-8") if marker.exists() else ""
    same = way_to_sign_in(settings) == last
    # With another authority the same name is another person, so the page's changes are dropped.
    kept = roster.read(settings.paths.people) if same else Roster()
    people = kept.saved(*policy.listed(settings))
    dropped = kept.names - people.names
    rule = policy.rule(settings, people, dropped) if same else NOBODY
    database = settings.paths.hub / "jupyterhub.sqlite"
    gone = end_access(database, rule, people.all_tutors)
    roster.write(settings.paths.people, people)
    # Written last, so that an interrupted start does this again.
    files.write_private(marker, way_to_sign_in(settings).encode())
    return people, gone


def end_access(database: Path, rule: Allowlist, tutors: frozenset[str]) -> list[str]:
    """Delete users whom the list doesn't admit, with their tokens and sessions; files stay.

    Args:
        database: the Hub's SQLite file, which may not exist yet.
        rule: decides who may stay signed in.
        tutors: the people who stay tutors.

    Returns:
        The names of people who were signed out.
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
            if not room_of(user.name) and not rule.admits(user.name, policy.admitted_by(user))
        ]
        ended = [user.name for user in gone if user.api_tokens]
        for user in gone:
            session.delete(user)
        for user in session.query(orm.User):
            if user not in gone and user.admin and user.name not in tutors:
                user.admin = False
                user.roles = [role for role in user.roles if role.name != "admin"]
        session.commit()
    return ended
