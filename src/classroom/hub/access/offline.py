"""End the access of people whom the configuration no longer admits, while the Hub is down.

The Hub checks the list when somebody signs in, and never again: without this, whoever was signed
in stays so across restarts, however the list, or the way to sign in, has changed. While the Hub
runs it is `classroom.hub.access.service` that ends what must end.
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
    """Name the authority that says who somebody is.

    The same name under another authority is another person: in a trial, anybody can be "mona".
    """
    if settings.mode is SignInMode.CUSTOM:
        return f"custom {settings.config.JupyterHub.authenticator_class}"
    return settings.oauth.github_url if settings.oauth is not None else settings.mode.value


def apply(settings: Settings) -> tuple[Roster, list[str]]:
    """End the access of whoever may no longer be in, before the Hub opens its database.

    Args:
        settings: as loaded and checked.

    Returns:
        Who is on the list, and the names of those who were signed out.
    """
    marker = settings.paths.hub / "way_to_sign_in"
    last = marker.read_text(encoding="utf-8") if marker.exists() else ""
    same = way_to_sign_in(settings) == last
    # Under another authority the same name is another person: what the page said of it is void.
    kept = roster.read(settings.paths.people) if same else Roster()
    people = kept.saved(*policy.listed(settings))
    dropped = kept.names - people.names
    rule = policy.rule(settings, people, dropped) if same else NOBODY
    database = settings.paths.hub / "jupyterhub.sqlite"
    gone = end_access(database, rule, people.all_tutors)
    roster.write(settings.paths.people, people)
    # After it has been done: a start that is cut short does it again.
    files.write_private(marker, way_to_sign_in(settings).encode())
    return people, gone


def end_access(database: Path, rule: Allowlist, tutors: frozenset[str]) -> list[str]:
    """Delete everybody the list doesn't admit, with their tokens and sessions; files stay.

    Args:
        database: the Hub's SQLite file; when there is none yet, nothing is done.
        rule: who may stay signed in.
        tutors: who keeps a tutor's powers.

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
