"""Describe how to sign in, for the log at start and for ``make up``."""

from __future__ import annotations

from urllib.parse import urlsplit

from classroom.config import trial
from classroom.config.settings import Settings, SignInMode
from classroom.runtime.paths import PORT

ANYBODY = (
    "ANYBODY who has a GitHub account may enter, because c.Authenticator.allow_all is set. To admit"
    " only the people on your list, remove that line."
)


def address(settings: Settings, port: int = PORT) -> str:
    """Return the lab's address, as far as the container knows it.

    Args:
        settings: as loaded.
        port: the published port, where no public address is configured.
    """
    if settings.oauth is not None:
        return f"https://{urlsplit(settings.oauth.callback_url).netloc}"
    return f"https://localhost:{port}"


def describe(settings: Settings, port: int = PORT) -> str:
    """Describe how to sign in.

    Args:
        settings: as loaded.
        port: the published port.
    """
    where = address(settings, port)
    if settings.mode is SignInMode.TRIAL:
        return trial.paragraph(trial.ensure(settings.paths.hub), where)
    if settings.oauth is None:
        return f"Open {where} and sign in as jupyterhub_config.py says."
    people = "1 person is" if len(settings.allowed) == 1 else f"{len(settings.allowed)} people are"
    admitted = ANYBODY if settings.anybody else f"{people[0].upper()}{people[1:]} on the list."
    return (
        f"Open {where} and sign in with GitHub ({settings.oauth.github_url}). {admitted} "
        f"Tutors: {', '.join(sorted(settings.tutors)) or 'none'}."
    )
