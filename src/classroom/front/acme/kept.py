"""Keep on the volume the certificate with its key, and the course of the requests for it.

Certificate and key are in one file, so that a crash never leaves one without the other.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from classroom.front import certificate_slips, tls
from classroom.front.acme import plan
from classroom.front.acme.plan import CertificateLife, Course
from classroom.front.certificate_slips import CERTIFICATE
from classroom.runtime import files
from classroom.runtime.problems import StartRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from classroom.config.acme import Acme
    from classroom.front.tls import Certificate

PAIR, COURSE = "certificate.pem", "course.json"
NAMED = ("the certificate", "its key")
"""The names of the two in error messages."""
TIMES = ("tried", "next_try", "renew_at", "look_at")


@dataclass(frozen=True)
class Own:
    """A certificate that the lab has got by itself.

    Attributes:
        pair: chain and key.
        held: when it is valid, and whether it is for the configured names.
    """

    pair: Certificate
    held: CertificateLife


def check(chain: bytes, key: bytes, names: Iterable[str]) -> Own:
    """Check a certificate, except its dates: an expired one is better than none.

    Args:
        chain: the chain as PEM.
        key: the key as PEM.
        names: the configured names.

    Raises:
        StartRefusedError: the front can't use it.
    """
    own = tls.opened(chain, key, NAMED)
    begins, ends = own.not_valid_before_utc, own.not_valid_after_utc
    pair = tls.check(chain, key, begins, NAMED)
    good = all(certificate_slips.is_for(own, name) for name in names)
    return Own(pair, CertificateLife(good, begins, ends))


def saved(folder: Path, name: str) -> bytes:
    """Return a file's content; empty if it can't be read.

    Args:
        folder: its folder, which only root can enter.
        name: `PAIR` or `COURSE`.
    """
    try:
        return (folder / name).read_bytes()
    except OSError:
        return b""


def read(folder: Path, names: Iterable[str]) -> Own | None:
    """Read the certificate, if there is a usable one.

    Args:
        folder: its folder, which only root can enter.
        names: the configured names.
    """
    try:
        key, begin, rest = saved(folder, PAIR).partition(CERTIFICATE)
        return check(begin + rest, key, names)
    except StartRefusedError:
        return None


def wanted(folder: Path, asked: Acme | None) -> Own | None:
    """Read the certificate, if it is for the configured names.

    Args:
        folder: its folder, which only root can enter.
        asked: the configured certificate; None for none.
    """
    found = read(folder, asked.names) if asked is not None else None
    return found if found is not None and found.held.named else None


def write(folder: Path, chain: bytes, key: bytes) -> None:
    """Write a certificate and its key in one step.

    Args:
        folder: their folder, which only root can enter.
        chain: the chain as PEM.
        key: the key as PEM.

    Raises:
        OSError: the file can't be written.
    """
    files.write_private(folder / PAIR, key + chain)


def decode(text: bytes) -> Course:
    """Decode a course.

    Args:
        text: the text that `encode` has written.

    Raises:
        ValueError: the text is damaged.
    """
    said: Any = json.loads(text)
    if not isinstance(said, dict) or set(said) != {field.name for field in fields(Course)}:
        raise ValueError("not a course")
    times = {
        name: dt.datetime.fromisoformat(said[name]).astimezone(dt.UTC) if said[name] else None
        for name in TIMES
    }
    return Course(**{**said, **times})


def encode(course: Course) -> bytes:
    """Encode a course, with times in ISO 8601."""
    times = {name: value.isoformat() for name in TIMES if (value := getattr(course, name))}
    return json.dumps({**asdict(course), **dict.fromkeys(TIMES), **times}).encode()


def course(folder: Path, wanted: Acme) -> Course:
    """Read the course with the configured authority and names; a new one if these have changed.

    Args:
        folder: its folder, which only root can enter.
        wanted: the configured certificate and authority.
    """
    new = Course(wanted.directory, ", ".join(wanted.names), wanted.challenge)
    try:
        found = decode(saved(folder, COURSE))
    except (ValueError, TypeError):
        return new  # no file yet, or a damaged one: the lab asks again
    return new if plan.of_another(found, new) else found


def keep(folder: Path, now: Course) -> None:
    """Write the course.

    Args:
        folder: its folder, which only root can enter.
        now: the course until now.

    Raises:
        OSError: the file can't be written.
    """
    files.write_private(folder / COURSE, encode(now))
