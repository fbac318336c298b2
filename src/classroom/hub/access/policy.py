"""Decide on plain values who may be in the classroom."""

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
"""The key in JupyterHub's ``user_info`` for the GitHub organizations through which a person got in
who is on no list. The Hub can't ask GitHub for them later."""


@dataclass(frozen=True)
class Allowlist:
    """The tutor's settings for who may be in.

    Attributes:
        names: everybody who is named, including tutors, lower case.
        blocked: people who may not enter in any case, lower case.
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
            admitted_by: the organizations that were allowed when the person got in through one of
                them. If one of these is no longer allowed, the person must sign in again.
        """
        if name in self.blocked:
            return False
        then = frozenset(admitted_by)
        by_organization = bool(then) and then <= self.organizations
        return self.everybody or name in self.names or by_organization


def listed(settings: Settings) -> tuple[frozenset[str], frozenset[str]]:
    """Return the people whom the tutor's file names: everybody, and the tutors among them."""
    if settings.mode is SignInMode.TRIAL:
        found = frozenset({trial.TUTOR})
        return found, found
    return settings.allowed | settings.tutors, settings.tutors


def followed(held: Settings, saved: Settings) -> Settings:
    """Apply the saved settings for who may be in; other settings wait for the next start.

    Args:
        held: the settings in force.
        saved: the saved settings, checked.
    """
    # Of the settings that admit people who are on no list, only allow_all takes effect at once. The
    # next sign-in of such a person checks the others.
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
    """Say whether names decide at sign-in; in a trial the passphrase does."""
    return settings.mode is not SignInMode.TRIAL


def rule(settings: Settings, people: Roster, dropped: frozenset[str] = frozenset()) -> Allowlist:
    """Return the rule for who may stay signed in.

    Args:
        settings: the settings in force.
        people: the people on the list.
        dropped: people who were on the list until now. With an authenticator that we don't know,
            only their access ends, and it may let them in again.
    """
    blocked = settings.blocked | people.out
    if settings.mode is SignInMode.CUSTOM:
        return Allowlist(everybody=True, blocked=blocked | dropped)
    if settings.mode is SignInMode.TRIAL:
        return Allowlist(everybody=True, blocked=blocked)
    return Allowlist(people.names, blocked, settings.organizations, settings.everybody)


def admitted_by(user: orm.User) -> tuple[str, ...]:
    """Return the organizations through which somebody got in; none for a person on the list."""
    return tuple((user.user_info or {}).get(ADMITTED_BY, ()))
