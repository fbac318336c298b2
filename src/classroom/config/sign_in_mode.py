"""Decide how people sign in to a lab, by its settings."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classroom.config.github import Given

GITHUB_AUTHENTICATORS = (
    "github",
    "oauthenticator.GitHubOAuthenticator",
    "oauthenticator.github.GitHubOAuthenticator",
)


class SignInMode(Enum):
    """How people prove who they are."""

    TRIAL = "trial"
    """No configuration: any name, with a passphrase that the log shows."""
    GITHUB = "github"
    """GitHub sign-in; the allowlist decides."""
    INVITATIONS = "invitations"
    """A personal link for each person on the list."""
    CUSTOM = "custom"
    """The tutor's file names another JupyterHub authenticator."""


def mode_of(given: Given, chosen: str) -> SignInMode:
    """Decide how people sign in.

    Args:
        given: the tutor's configuration, checked, and all values that were given for GitHub.
        chosen: ``c.Classroom.sign_in``.
    """
    if chosen == SignInMode.INVITATIONS.value:
        return SignInMode.INVITATIONS
    named = given.file.config.get("JupyterHub", {}).get("authenticator_class", "github")
    # Our class replaces GitHub's own, not a subclass that the tutor has written.
    name = named if isinstance(named, str) else f"{named.__module__}.{named.__qualname__}"
    if name not in GITHUB_AUTHENTICATORS:
        return SignInMode.CUSTOM
    if not given.file.present and not given.anything():
        return SignInMode.TRIAL
    return SignInMode.GITHUB
