"""The certificate that the lab gets by itself (ACME, RFC 8555): ``c.Classroom.acme``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from classroom.config import hosts, subdomains
from classroom.config.hosts import BadHostError
from classroom.config.traits import Classroom
from classroom.runtime import files
from classroom.runtime.problems import Problem, StartRefusedError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from classroom.config.config_file import ConfigFile

SETTING, DIRECTORY = "Classroom.acme", "Classroom.acme_directory"
AUTHORITIES = "Classroom.acme_authorities"
HOST, EMAIL, CHALLENGE = "ACME_HOST", "ACME_EMAIL", "ACME_CHALLENGE"
"""Variables of the environment, for what the file does not set."""
KEYS = ("host", "email", "challenge")
CHALLENGES = ("http", "dns")
"""How an authority checks that the host is the tutor's: by port 80, or by a TXT record in DNS."""
MAILBOX = re.compile(r"[^@\s,<>]+@[^@\s,<>]+\.[^@\s,<>]+")
BEGIN = b"-----BEGIN CERTIFICATE-----"
EXAMPLE = '{"host": "lab.example.org", "email": "you@example.org"}'


@dataclass(frozen=True)
class Acme:
    """The certificate that the lab asks for, and the authority that it asks.

    Attributes:
        host: the name that the certificate is for, in ASCII.
        email: the address to which the authority may write; "" for none.
        directory: the https address of the authority's ACME directory.
        authorities: a file with the authorities that the lab trusts for that address; "" for the
            system's.
        challenge: one of `CHALLENGES`.
        wildcard: whether the certificate is also for every name directly below the host.
    """

    host: str
    email: str = ""
    directory: str = ""
    authorities: str = ""
    challenge: str = "http"
    wildcard: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the certificate is for."""
        return (self.host, f"*.{self.host}") if self.wildcard else (self.host,)

    @property
    def authority(self) -> str:
        """The authority's host."""
        return urlsplit(self.directory).hostname or ""


def read_host(where: str, written: Any, problems: list[Problem]) -> str:
    """Read the name that the certificate is for.

    Args:
        where: the setting, for error messages.
        written: as the tutor wrote it.
        problems: errors are appended to it.
    """
    text = written.strip() if isinstance(written, str) else ""
    if not text:
        problems.append(Problem(where, "has no host", f"write it as {EXAMPLE}"))
        return ""
    cure = "write the name by which people come, such as lab.example.org"
    if hosts.is_address(text):
        problems.append(Problem(where, f"{text!r} is an IP address", cure))
        return ""
    try:
        found = hosts.parse(text)
    except BadHostError as error:
        problems.append(Problem(where, f"{text!r} {error.what}", error.cure))
        return ""
    if found.below:
        problems.append(Problem(where, f"{text!r} is a wildcard", cure))
    return found.name


def read_challenge(where: str, written: Any, problems: list[Problem]) -> str:
    """Read the challenge; the arguments are those of `read_host`."""
    text = str(written or "http").strip().lower()
    if text not in CHALLENGES:
        cure = 'write "http" for port 80, or "dns" for a TXT record in DNS'
        problems.append(Problem(where, f"{written!r} is no challenge that the lab knows", cure))
    return text


def check_keys(where: str, written: Mapping[str, Any], problems: list[Problem]) -> None:
    """Refuse keys that have no meaning; the arguments are those of `read_host`."""
    for key in written:
        if key not in KEYS:
            known = did_you_mean(str(key), KEYS) or f"write it as {EXAMPLE}"
            problems.append(Problem(where, f"{key!r} is none of host, email, challenge", known))


def below(where: str, host: str, challenge: str, file: ConfigFile, problems: list[Problem]) -> bool:
    """Decide whether the certificate must include names below the host, for the lab's own host.

    Args:
        where: the setting, for error messages.
        host: the host that the certificate is for.
        challenge: one of `CHALLENGES`; no authority issues such a certificate for "http".
        file: the tutor's configuration.
        problems: errors are appended to it.
    """
    if not file.config.get("JupyterHub", {}).get("subdomain_host"):
        return False
    if challenge != "dns":
        what = f"is for one host, and {subdomains.SETTING} gives the lab a host of its own"
        cure = (
            'add "challenge": "dns" to it, put a certificate for both into secrets/, or remove one'
            " of the two settings"
        )
        problems.append(Problem(where, what, cure))
        return False
    try:
        apart = subdomains.of(file.config).apart
    except StartRefusedError as refused:
        problems += refused.problems
        return False
    hub, lab = apart["hub"].partition(":")[0], apart["lab_name"]
    if host and hub != host:
        what = f"is for {host}, and {subdomains.SETTING} says {hub}"
        problems.append(Problem(where, what, "write the same host into both"))
    elif host and lab.partition(".")[2] != host:
        what = f"is for {host} and names directly below it, and the lab's own host is {lab}"
        cure = "put a certificate for both into secrets/, or remove c.JupyterHub.subdomain_hook"
        problems.append(Problem(where, what, cure))
    return True


def read_directory(where: str, text: str, problems: list[Problem]) -> str:
    """Read the authority's address; the arguments are those of `read_host`."""
    try:
        parts = urlsplit(text.strip())
        good = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        cure = f'write it as "{Classroom.acme_directory.default_value}"'
        problems.append(Problem(where, f"{text!r} is not an https address", cure))
        return ""
    return text.strip()


def read_authorities(where: str, text: str, folder: Path, problems: list[Problem]) -> bytes:
    """Read the file with the tutor's own authorities.

    Args:
        where: the setting, for error messages.
        text: the setting's value: a file beside the configuration, or in a folder there.
        folder: the folder of the configuration.
        problems: errors are appended to it.

    Returns:
        The file's bytes; empty if there is no file.
    """
    if not text:
        return b""
    if PurePosixPath(text).is_absolute() or ".." in PurePosixPath(text).parts:
        what = f"{text!r} is not a file beside the configuration"
        problems.append(Problem(where, what, "put it into secrets/, such as secrets/ca.crt"))
        return b""
    try:
        if not files.present(folder / text, text):
            what, cure = f"there is no file {text!r}", "put it there, or correct the name"
            problems.append(Problem(where, what, cure))
            return b""
        found = files.read(folder / text, text)
    except StartRefusedError as refused:
        problems += refused.problems
        return b""
    if BEGIN not in found:
        cure = "put the authority's certificate there, as PEM"
        problems.append(Problem(text, "holds no PEM certificate", cure))
    return found


def load(
    file: ConfigFile, environ: Mapping[str, str], folder: Path, problems: list[Problem]
) -> tuple[Acme | None, dict[str, bytes]]:
    """Read which certificate the lab should get; the file overrides the environment.

    Args:
        file: the tutor's configuration, its types checked.
        environ: the process environment.
        folder: where the configuration is.
        problems: errors are appended to it.

    Returns:
        The certificate, or None if the lab gets none; and the bytes that were read for it, by the
        file's name.
    """
    given = Classroom(config=file.config)
    before = len(problems)
    if given.acme:
        where, written = file.where(SETTING), given.acme
        check_keys(where, written, problems)
    elif environ.get(HOST, "").strip():
        where = HOST
        written = {
            key: environ.get(name, "")
            for key, name in zip(KEYS, (HOST, EMAIL, CHALLENGE), strict=True)
        }
    else:
        return None, {}
    host = read_host(where, written.get("host", ""), problems)
    email = str(written.get("email") or "").strip()
    if email and not MAILBOX.fullmatch(email):
        cure = "write one, such as you@example.org, or leave it out"
        problems.append(Problem(where, f"{email!r} is not an e-mail address", cure))
    challenge = read_challenge(where, written.get("challenge"), problems)
    wildcard = below(where, host, challenge, file, problems)
    directory = read_directory(file.where(DIRECTORY), given.acme_directory, problems)
    name = given.acme_authorities.strip()
    own = read_authorities(file.where(AUTHORITIES), name, folder, problems)
    if len(problems) > before:
        return None, {}
    authorities = str(folder / name) if own else ""
    found = Acme(host, email, directory, authorities, challenge, wildcard)
    return found, {name: own} if own else {}
