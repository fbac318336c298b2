"""Who may be in the classroom: a decision on plain values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from classroom.config import trial
from classroom.config.sign_in_mode import SignInMode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyterhub import orm

    from classroom.config.settings import Settings
    from classroom.hub.access.roster import Roster

ADMITTED_BY = "admitted_by"
"""Key in JupyterHub's ``user_info`` with the GitHub organizations that let somebody in whom no
list names: those allowed at the time. The Hub can't ask GitHub again later which it was."""


@dataclass(frozen=True)
class Allowlist:
    """The tutor's word on who may be in.

    Attributes:
        names: everybody who is named, tutors among them, lower case.
        blocked: who may not enter whatever else says so, lower case.
        organizations: GitHub organizations whose members may enter, lower case.
        everybody: whether the configuration admits anybody (``allow_all`` and the like).
    """

    names: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    everybody: bool = False

    def admits(self, name: str, admitted_by: Iterable[str] = ()) -> bool:
        """Say whether somebody who was in before may still be in.

        Args:
            name: the Hub's user name, lower case.
            admitted_by: the organizations that were allowed when they came in by one of them.
                If any of these has gone they must show again that another lets them in.
        """
        if name in self.blocked:
            return False
        then = frozenset(admitted_by)
        by_organization = bool(then) and then <= self.organizations
        return self.everybody or name in self.names or by_organization


def listed(settings: Settings) -> tuple[frozenset[str], frozenset[str]]:
    """Return whom the tutor's file names: everybody, and the tutors among them."""
    if settings.mode is SignInMode.TRIAL:
        found = frozenset({trial.TUTOR})
        return found, found
    return settings.allowed | settings.tutors, settings.tutors


def followed(held: Settings, saved: Settings) -> Settings:
    """Take over what the tutor has saved of who may be in; the rest waits for the next start.

    Args:
        held: as they hold.
        saved: as loaded and checked.
    """
    # Beside allow_all, what else admits people whom nothing names isn't followed: without it they
    # show at their next sign-in that it does.
    others = held.everybody and not held.anybody
    return replace(
        held,
        allowed=saved.allowed,
        tutors=saved.tutors,
        blocked=saved.blocked,
        anybody=saved.anybody,
        everybody=saved.anybody or others,
    )


def is_by_name(settings: Settings) -> bool:
    """Say whether names decide at sign-in; in a trial it is the passphrase."""
    return settings.mode is not SignInMode.TRIAL


def rule(settings: Settings, people: Roster, dropped: frozenset[str] = frozenset()) -> Allowlist:
    """Decide by what somebody who is in may stay.

    Args:
        settings: as they hold.
        people: who is on the list.
        dropped: who was until now. With a way to sign in that we know nothing of, being dropped
            is what ends access; it may let them in again.
    """
    blocked = settings.blocked | people.out
    if settings.mode is SignInMode.CUSTOM:
        return Allowlist(everybody=True, blocked=blocked | dropped)
    if settings.mode is SignInMode.TRIAL:
        return Allowlist(everybody=True, blocked=blocked)
    return Allowlist(people.names, blocked, settings.organizations, settings.everybody)


def admitted_by(user: orm.User) -> tuple[str, ...]:
    """Return the organizations by which somebody came in, if it was by one."""
    return tuple((user.user_info or {}).get(ADMITTED_BY, ()))
