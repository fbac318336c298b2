"""Warnings for the tutor, which a start and ``classroom check`` print."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from classroom.cli import acme_report, sign_in
from classroom.config import exposure, labs, limits, students_file
from classroom.config.sign_in_mode import SignInMode
from classroom.egress.lock import LockKind, describe
from classroom.front import certificate_slips, tls
from classroom.runtime import cgroup, machine, time_zone
from classroom.sandbox import landlock

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from classroom.config.settings import Settings
    from classroom.front.tls import Certificate

MADE_HERE = (
    "secrets/ssl.crt and secrets/ssl.key are missing: the lab makes a certificate itself, and"
    " browsers will warn; put both files there{there}."
)
NO_LANDLOCK = (
    "files: this machine's kernel has no Landlock (Linux 5.13 or newer has it): a compromised lab"
    " server can open everything that its unix user can, including /proc."
)


def of_settings(loaded: Settings) -> list[str]:
    """Warn of secrets that other users can read, and of limits that limit nothing.

    Args:
        loaded: the settings, checked.
    """
    readable = exposure.warnings(exposure.found(loaded.paths))
    return [
        *readable,
        *limits.warnings(loaded.limits, cgroup.memory()),
        *of_people(loaded),
    ]


def of_people(loaded: Settings) -> list[str]:
    """Warn of names and files in the configuration that have no effect.

    Args:
        loaded: the settings, checked.
    """
    found = [
        f"jupyterhub_config.py: {name} is a tutor, and blocked, and so may not enter: remove the"
        " name from blocked_users, or from admin_users."
        for name in sorted(loaded.tutors & loaded.blocked)
    ]
    lists = students_file.unused(loaded.paths.config, loaded.students_file)
    return found + [
        f"{name}: nothing reads this file. Write c.Classroom.students_file = {name!r} into"
        " jupyterhub_config.py, or rename it."
        for name in lists
        if not loaded.students_file
    ]


def of_machine(environ: Mapping[str, str], files: int) -> list[str]:
    """Warn of what the container has too little of, or has in a wrong form.

    Args:
        environ: the process environment.
        files: how many files each process may open.
    """
    zone = time_zone.warning(environ)
    return [*machine.shortages(files, cgroup.memory()), *([zone] if zone else [])]


def of_certificate(loaded: Settings, found: Certificate | None, now: dt.datetime) -> list[str]:
    """Warn of problems with a certificate that can be used.

    Args:
        loaded: the settings, checked.
        found: the tutor's certificate; None if the lab makes its own.
        now: the time, with a zone.
    """
    if loaded.proxy_http:
        return []  # browsers get the proxy's certificate
    file = tls.named_in(loaded.paths.secrets)[0]
    asked = acme_report.warnings(loaded, found, file)
    if found is None:
        there = certificate_slips.misnamed(loaded.paths.secrets)
        if loaded.acme is not None or (loaded.mode is SignInMode.TRIAL and not there):
            return asked
        return [MADE_HERE.format(there=certificate_slips.instead(there))]
    host = urlsplit(loaded.oauth.callback_url).hostname if loaded.oauth is not None else ""
    ends = found.warning(now, file)
    remarks = certificate_slips.remarks(found.chain, host or "")
    return [*([ends] if ends else []), *(f"{file}: {remark}." for remark in remarks), *asked]


def of_locks(loaded: Settings, kind: LockKind) -> list[str]:
    """Warn of locks that this machine can't have.

    Args:
        loaded: the settings, checked.
        kind: the kind of the egress lock.
    """
    is_open = kind is LockKind.OPEN
    found = [f"egress lock: {describe(kind, loaded.egress)}"] if is_open else []
    if landlock.abi() == 0:
        found.append(NO_LANDLOCK)
    return [*found, *labs.warnings(is_open=is_open)] if loaded.has_labs else found


def of_sign_in(loaded: Settings) -> list[str]:
    """Warn if more people may enter than those on the list.

    Args:
        loaded: the settings, checked.
    """
    return [f"sign-in: {sign_in.ANYBODY}"] if loaded.anybody else []
