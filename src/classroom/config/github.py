"""Collect the values of the GitHub OAuth app, and check that they are complete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.config import callback_url, file_names, github_slips
from classroom.runtime import files
from classroom.runtime.problems import Problem, StartRefusedError
from classroom.runtime.secret import Secret
from classroom.runtime.tutors_text import utf8

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from classroom.config.config_file import ConfigFile
    from classroom.runtime.paths import Paths

PUBLIC, PUBLIC_API = "https://github.com", "https://api.github.com"
# How traitlets resolves a setting of GitHubOAuthenticator: the most specific class wins.
SECTIONS = ("GitHubOAuthenticator", "OAuthenticator", "Authenticator")
SECRET_FILE = "secrets/github_client_secret"  # noqa: S105 (a file's name)
VARIABLES = {
    "client_id": "GITHUB_CLIENT_ID",
    "client_secret": "GITHUB_CLIENT_SECRET",
    "oauth_callback_url": "OAUTH_CALLBACK_URL",
    "github_url": "GITHUB_URL",
}


@dataclass(frozen=True)
class OAuth:
    """The lab's OAuth app at GitHub.

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


@dataclass(frozen=True)
class Given:
    """Everything that was given for GitHub, in the file or the environment.

    Attributes:
        file: the tutor's configuration.
        environ: the process environment.
        secret_file: the text of ``secrets/github_client_secret``.
        misnamed_secrets: files with almost that name.
    """

    file: ConfigFile
    environ: Mapping[str, str]
    secret_file: str = ""
    misnamed_secrets: tuple[str, ...] = ()

    def find(self, trait: str) -> tuple[str, str]:
        """Look a value up; the file overrides the environment.

        Returns:
            The place where it was found, for a sentence, and the value. If it was not found, the
            place where it belongs, and an empty text.
        """
        section, found = self.file.first(SECTIONS, trait)
        if found:
            return self.file.where(f"{section}.{trait}"), str(found)
        if value := self.environ.get(VARIABLES[trait], ""):
            return VARIABLES[trait], value
        return self.file.where(f"{SECTIONS[0]}.{trait}"), ""

    def anything(self) -> bool:
        """Say whether any value for GitHub sign-in was given."""
        named = ("client_id", "client_secret", "oauth_callback_url")
        return bool(self.secret_file) or any(self.find(trait)[1] for trait in named)

    def values(self) -> OAuth:
        """Collect the values."""
        url = (self.find("github_url")[1] or PUBLIC).rstrip("/")
        return OAuth(
            client_id=self.find("client_id")[1],
            client_secret=Secret(self.find("client_secret")[1] or self.secret_file),
            callback_url=self.find("oauth_callback_url")[1],
            github_url=url if "://" in url else f"https://{url}",
        )

    def asked(self) -> dict[str, str]:
        """Collect the addresses that the Hub itself calls, by the setting that decides each."""
        where = self.find("github_url")[0]
        found = {where: self.values().github_url}
        for trait in ("github_api", "token_url", "userdata_url"):
            section, given = self.file.first(SECTIONS, trait)
            if given:
                found[self.file.where(f"{section}.{trait}")] = str(given)
        if found[where] == PUBLIC and not any("github_api" in setting for setting in found):
            found[f"{where} (API)"] = PUBLIC_API  # an Enterprise server's is on its own host
        return found


def read_secret(paths: Paths) -> str:
    """Read ``secrets/github_client_secret``; "" if there is no such file.

    Raises:
        StartRefusedError: the file can't be read.
    """
    file = paths.config / SECRET_FILE
    if not files.present(file, SECRET_FILE):
        return ""
    saved = files.read(file, SECRET_FILE)
    try:
        return utf8(saved).decode(errors="replace").strip()
    except UnicodeDecodeError as error:
        what = f"isn't the {error.encoding} text that it begins as"
        how = "copy the secret into it again, and save it as UTF-8"
        raise StartRefusedError([Problem(SECRET_FILE, what, how)]) from None


def misnamed_secrets(paths: Paths) -> tuple[str, ...]:
    """List the files that were meant to be ``secrets/github_client_secret``."""
    name = SECRET_FILE.rpartition("/")[2]
    beside = [name] if (paths.config / name).is_file() else []
    inside = [f"{paths.secrets.name}/{one}" for one in file_names.meant(paths.secrets, name)]
    return (*inside, *beside, *file_names.meant(paths.config, name))


def check(given: Given) -> Iterator[Problem]:
    """Find values that are missing or contradict each other.

    Args:
        given: everything that was given.
    """
    client_id, found_id = given.find("client_id")
    client_secret, found_secret = given.find("client_secret")
    if given.secret_file and found_secret:
        yield Problem(client_secret, f"is set, and so is {SECRET_FILE}", "keep one of the two")
    if not found_id:
        yield Problem(
            client_id,
            "is empty",
            "fill in the client id of your GitHub OAuth app (or GITHUB_CLIENT_ID), or remove the "
            "other values to try the lab without GitHub",
        )
    if not found_secret and not given.secret_file:
        yield Problem(
            client_secret,
            f"is empty though the client id is {found_id!r}" if found_id else "is empty",
            f"put the app's secret here, into GITHUB_CLIENT_SECRET or into {SECRET_FILE}"
            f"{file_names.instead(given.misnamed_secrets)}",
        )
    secret_where = SECRET_FILE if given.secret_file else client_secret
    secret = found_secret or given.secret_file
    yield from github_slips.in_values(client_id, found_id, secret_where, secret)
    yield from callback_url.check(*given.find("oauth_callback_url"))
    yield from callback_url.check_server(given.find("github_url")[0], given.values().github_url)
