"""``classroom check``: report everything that a start would refuse or warn of, without a start.

It changes nothing, takes no lock and ends no lab. It also asks GitHub whether it accepts the OAuth
app. A start does not ask that, so a wrong secret would show at the first sign-in.
"""

from __future__ import annotations

import datetime as dt
import socket
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from classroom.cli import acme_report, github_check, sign_in, warnings, way_out
from classroom.config import labs, settings, subdomains
from classroom.config.sign_in_mode import SignInMode
from classroom.egress import apply, detect, lock, resolv
from classroom.egress.lock import LockKind
from classroom.front import tls
from classroom.runtime import layout, machine, volume_format
from classroom.runtime.problems import EX_CONFIG, Problem, StartRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.cli.sign_in import Published
    from classroom.config.settings import Settings
    from classroom.runtime.paths import Paths

RESOLV = Path("/etc/resolv.conf")
TRIAL = (
    "there is no configuration, so the lab is a trial: anybody gets in who has the passphrase that"
    " make up prints, under any name."
)
UNKNOWN_HOST = (
    "{where}: no nameserver of this machine knows {host}, where people come: add that name to your"
    " DNS, with the address of this machine. (A name that only students' network knows is fine.)"
)


@dataclass
class Findings:
    """What the check has found, in sentences.

    Attributes:
        refused: why the lab would not start, or why nobody could sign in.
        warned: what the tutor should know.
        good: what the check has tried, and what works.
    """

    refused: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    good: list[str] = field(default_factory=list)

    def refuse(self, problems: tuple[Problem, ...]) -> None:
        """Note what the start would refuse."""
        self.refused += map(str, problems)

    def text(self) -> str:
        """Format the findings, the worst last: it is next to the terminal's prompt."""
        lines = [f"Good: {sentence}" for sentence in self.good]
        lines += [f"Warning: {sentence}" for sentence in self.warned]
        lines += [f"Wrong: {sentence}" for sentence in self.refused]
        if not self.refused:
            lines.append("The lab would start with this configuration.")
        return "\n".join(lines)


def check_certificate(loaded: Settings, now: dt.datetime, found: Findings) -> None:
    """Check the certificate as the start does.

    Args:
        loaded: the settings.
        now: the time, with a zone.
        found: gets what is said.
    """
    try:
        certificate = tls.read(loaded.paths.secrets, now)
    except StartRefusedError as refused:
        found.refuse(refused.problems)
        return
    found.warned += warnings.of_certificate(loaded, certificate, now)
    if certificate is None and (said := acme_report.standing(loaded)):
        found.good.append(said)
    if certificate is not None:
        file = tls.named_in(loaded.paths.secrets)[0]
        found.good.append(f"{file} and its key are valid until {certificate.expires:%Y-%m-%d}.")


def check_locks(loaded: Settings, found: Findings) -> None:
    """Check that a start could take the egress lock and separate the labs from each other."""
    try:
        if loaded.has_labs:
            labs.check_kernel()
        kind = lock.choose(loaded.egress, detect.look())
        if kind is LockKind.NFTABLES:
            nameservers = resolv.parse(RESOLV.read_text(encoding="utf-8"))
            apply.check_nameservers(loaded.egress, nameservers)
    except StartRefusedError as refused:
        found.refuse(refused.problems)
        return
    found.warned += warnings.of_locks(loaded, kind)


def check_data(paths: Paths, found: Findings) -> None:
    """Check that the volume can be written, and that no newer lab has written it.

    Args:
        paths: where it is.
        found: gets what is said.
    """
    there = next(place for place in (paths.data, *paths.data.parents) if place.is_dir())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
        volume_format.check(paths.data, volume_format.release(paths.prefix))
    except StartRefusedError as refused:
        found.refuse(refused.problems)
    except OSError as error:
        found.refuse((layout.problem(paths.data, error),))


def check_host(loaded: Settings, found: Findings) -> None:
    """Look up the host in the lab's address.

    Args:
        loaded: the settings.
        found: gets what is said.
    """
    if loaded.oauth is None:
        return
    host = urlsplit(loaded.oauth.callback_url).hostname or ""
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        where = "the callback URL"
        found.warned.append(UNKNOWN_HOST.format(where=where, host=host))


def check_github(loaded: Settings, found: Findings) -> None:
    """Check that GitHub can be reached and accepts the OAuth app's id and secret.

    Args:
        loaded: the settings.
        found: gets what is said.
    """
    if loaded.oauth is None:
        return
    host = urlsplit(loaded.oauth.github_url).hostname or ""
    proxy = way_out.proxy_to(loaded, host)
    answer = github_check.ask(loaded.oauth, github_check.authorities(loaded.config), proxy)
    verdict = github_check.judge(loaded.oauth, answer)
    {
        github_check.AppVerdict.GOOD: found.good,
        github_check.AppVerdict.WRONG: found.refused,
        github_check.AppVerdict.UNKNOWN: found.warned,
    }[verdict.kind].append(verdict.sentence)


def check_way_out(loaded: Settings, found: Findings) -> bool:
    """Try the school's proxy and the services that students may reach.

    Args:
        loaded: the settings.
        found: gets what is said.

    Returns:
        Whether GitHub may be reachable, so that it makes sense to ask it.
    """
    tried = way_out.ask(loaded)
    found.warned += tried.of_services
    found.refused += tried.of_proxy
    if tried.by_proxy and not tried.of_proxy:
        found.good.append(f"The proxy {loaded.egress.upstream} is reached, and connects.")
    return not tried.of_proxy


def of_files(
    paths: Paths, environ: Mapping[str, str], published: Published, found: Findings
) -> Settings | None:
    """Check what the tutor has written: the files, the secrets and the environment.

    Args:
        paths: where things are.
        environ: the process environment.
        published: how the machine publishes the lab.
        found: gets what is said.

    Returns:
        The settings; None if they are refused.
    """
    try:
        loaded = settings.load(paths, environ)
        subdomains.of(loaded.config)
    except StartRefusedError as refused:
        found.refuse(refused.problems)
        return None
    found.warned += [*warnings.of_settings(loaded), *acme_report.not_published(loaded, environ)]
    check_certificate(loaded, dt.datetime.now(dt.UTC), found)
    found.warned += [*warnings.of_sign_in(loaded), *sign_in.slips(loaded.oauth, published)]
    return loaded


def run(
    paths: Paths, environ: Mapping[str, str], published: Published, *, asks: bool = True
) -> Findings:
    """Check everything that can be checked without a start.

    Args:
        paths: where things are.
        environ: the process environment.
        published: how the machine publishes the lab.
        asks: whether to ask nameservers and GitHub, which a start does not do.
    """
    found = Findings()
    loaded = of_files(paths, environ, published, found)
    if loaded is None:
        return found
    if loaded.mode is not SignInMode.TRIAL:
        found.good.insert(0, " ".join(sign_in.describe(loaded, published).splitlines()))
    else:
        found.good.insert(0, TRIAL)
    found.warned += warnings.of_machine(environ, machine.most_files())
    check_data(paths, found)
    check_locks(loaded, found)
    if asks:
        check_host(loaded, found)
        if check_way_out(loaded, found):
            check_github(loaded, found)
    return found


def main(
    paths: Paths, environ: Mapping[str, str], published: Published, *, start_only: bool = False
) -> int:
    """Print what the check has found; return the exit code of a start that is refused, or 0.

    Args:
        paths: where things are.
        environ: the process environment.
        published: how the machine publishes the lab.
        start_only: whether to check only what the start itself checks.
    """
    found = run(paths, environ, published, asks=not start_only)
    if start_only:
        found.good, found.warned = [], []
    print(found.text(), file=sys.stderr if found.refused else sys.stdout)
    return EX_CONFIG if found.refused else 0
