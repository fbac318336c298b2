"""The GitHub OAuth values: where they come from, and whether they are complete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from classroom.problems import Problem
from classroom.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from classroom.config_file import ConfigFile
    from classroom.paths import Paths

CALLBACK_PATH = "/hub/oauth_callback"
# How traitlets resolves a setting of GitHubOAuthenticator: the most specific class wins.
SECTIONS = ("GitHubOAuthenticator", "OAuthenticator", "Authenticator")
SECRET_FILE = "github_client_secret"  # noqa: S105 (a file's name)


@dataclass(frozen=True)
class OAuth:
    """Who we are to GitHub.

    Attributes:
        client_id: the OAuth app's client id.
        client_secret: its secret.
        callback_url: the address registered with the app.
        github_url: GitHub, or a GitHub Enterprise server.
    """

    client_id: str
    client_secret: Secret
    callback_url: str
    github_url: str


def configured(file: ConfigFile, trait: str) -> tuple[str, str]:
    """Look a setting of the GitHub authenticator up in the tutor's file.

    Returns:
        The setting's full name as written there, and its value; the value is empty and the
        name the canonical one when it isn't set.
    """
    for section in SECTIONS:
        value = file.config.get(section, {}).get(trait)
        if value:
            return f"{section}.{trait}", str(value)
    return f"{SECTIONS[0]}.{trait}", ""


def read_secret(paths: Paths) -> str:
    """Read ``secrets/github_client_secret``; empty when there is none."""
    file = paths.secrets / SECRET_FILE
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""


def gather(file: ConfigFile, environ: Mapping[str, str], secret_file: str) -> OAuth:
    """Collect the OAuth values from the file, the environment and the secret file.

    Args:
        file: the tutor's configuration; its values come before the environment's.
        environ: the process environment.
        secret_file: the text of ``secrets/github_client_secret``.
    """
    secret = (
        configured(file, "client_secret")[1]
        or environ.get("GITHUB_CLIENT_SECRET", "")
        or secret_file
    )
    return OAuth(
        client_id=configured(file, "client_id")[1] or environ.get("GITHUB_CLIENT_ID", ""),
        client_secret=Secret(secret),
        callback_url=configured(file, "oauth_callback_url")[1]
        or environ.get("OAUTH_CALLBACK_URL", ""),
        github_url=configured(file, "github_url")[1]
        or environ.get("GITHUB_URL", "").rstrip("/")
        or "https://github.com",
    )


def exact_callback(url: str) -> str:
    """Derive the exact callback URL to register from whatever was given."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    host = parts.netloc or "<this lab's host name>:8443"
    return urlunsplit(("https", host, CALLBACK_PATH, "", ""))


def check(
    file: ConfigFile, environ: Mapping[str, str], secret_file: str, oauth: OAuth
) -> Iterator[Problem]:
    """Find what is half-filled or contradicts itself.

    Args:
        file: the tutor's configuration.
        environ: the process environment.
        secret_file: the text of ``secrets/github_client_secret``.
        oauth: the values as gathered.
    """
    client_id, client_secret, callback = (
        file.where(configured(file, trait)[0])
        for trait in ("client_id", "client_secret", "oauth_callback_url")
    )
    elsewhere = (
        client_secret
        if configured(file, "client_secret")[1]
        else "GITHUB_CLIENT_SECRET"
        if environ.get("GITHUB_CLIENT_SECRET")
        else ""
    )
    if secret_file and elsewhere:
        yield Problem(
            elsewhere, f"is given, and so is secrets/{SECRET_FILE}", "keep one of the two"
        )
    if not oauth.client_id:
        yield Problem(
            client_id,
            "is empty",
            "fill in the client id of your GitHub OAuth app (or GITHUB_CLIENT_ID), or move the "
            "file away to try the lab without GitHub",
        )
    if not oauth.client_secret:
        yield Problem(
            client_secret,
            f"is empty though the client id is {oauth.client_id!r}"
            if oauth.client_id
            else "is empty",
            f"put the app's secret here, into GITHUB_CLIENT_SECRET or into secrets/{SECRET_FILE}",
        )
    yield from check_callback(callback, oauth.callback_url)


def check_callback(where: str, url: str) -> Iterator[Problem]:
    """Check the callback URL; the cure names the exact one to register.

    Args:
        where: the setting, for the sentence.
        url: its value.
    """
    cure = f"register and set exactly {exact_callback(url)}"
    parts = urlsplit(url)
    if not url:
        yield Problem(where, "is empty", cure)
    elif parts.scheme != "https":
        yield Problem(where, f"{url!r} is not an https address", cure)
    elif parts.path != CALLBACK_PATH or parts.query or parts.fragment:
        yield Problem(where, f"{url!r} does not end in {CALLBACK_PATH}", cure)
