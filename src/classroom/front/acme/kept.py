"""What is kept on the volume: the certificate with its key in one file, and how it went.

In one file, so that a crash never leaves one without the other.
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
"""What the two are called where something is wrong with them."""
TIMES = ("tried", "next_try", "renew_at", "look_at")


@dataclass(frozen=True)
class Own:
    """A certificate that the lab has got by itself.

    Attributes:
        pair: chain and key.
        held: when it is valid, and whether it is for the names that are wanted.
    """

    pair: Certificate
    held: CertificateLife


def check(chain: bytes, key: bytes, names: Iterable[str]) -> Own:
    """Check a certificate, whatever time this machine shows: the last one is better than none.

    Args:
        chain: PEM.
        key: PEM.
        names: those that are wanted.

    Raises:
        StartRefusedError: the front couldn't use it.
    """
    own = tls.opened(chain, key, NAMED)
    begins, ends = own.not_valid_before_utc, own.not_valid_after_utc
    pair = tls.check(chain, key, begins, NAMED)
    good = all(certificate_slips.is_for(own, name) for name in names)
    return Own(pair, CertificateLife(good, begins, ends))


def saved(folder: Path, name: str) -> bytes:
    """Return a file as it is; nothing where it can't be read.

    Args:
        folder: where it is kept; root's alone.
        name: `PAIR` or `COURSE`.
    """
    try:
        return (folder / name).read_bytes()
    except OSError:
        return b""


def read(folder: Path, names: Iterable[str]) -> Own | None:
    """Read the certificate, if there is one that can be used.

    Args:
        folder: where it is kept; root's alone.
        names: those that are wanted.
    """
    try:
        key, begin, rest = saved(folder, PAIR).partition(CERTIFICATE)
        return check(begin + rest, key, names)
    except StartRefusedError:
        return None


def wanted(folder: Path, asked: Acme | None) -> Own | None:
    """Read the certificate, if it is for the names that are wanted.

    Args:
        folder: where it is kept; root's alone.
        asked: which certificate is wanted; None for none.
    """
    found = read(folder, asked.names) if asked is not None else None
    return found if found is not None and found.held.named else None


def write(folder: Path, chain: bytes, key: bytes) -> None:
    """Keep a certificate, as a whole or not at all.

    Args:
        folder: root's alone.
        chain: PEM.
        key: PEM.

    Raises:
        OSError: it can't be written.
    """
    files.write_private(folder / PAIR, key + chain)


def decode(text: bytes) -> Course:
    """Read how it went.

    Args:
        text: as `encode` writes it.

    Raises:
        ValueError: it isn't.
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
    """Write how it went; times in ISO 8601."""
    times = {name: value.isoformat() for name in TIMES if (value := getattr(course, name))}
    return json.dumps({**asdict(course), **dict.fromkeys(TIMES), **times}).encode()


def course(folder: Path, wanted: Acme) -> Course:
    """Read how it went with an authority and names; as before the first try with any other.

    Args:
        folder: where it is kept; root's alone.
        wanted: which certificate is wanted, and from whom.
    """
    new = Course(wanted.directory, ", ".join(wanted.names), wanted.challenge)
    try:
        found = decode(saved(folder, COURSE))
    except (ValueError, TypeError):
        return new  # nothing yet, or damaged: the lab asks again
    return new if plan.of_another(found, new) else found


def keep(folder: Path, now: Course) -> None:
    """Keep how it went.

    Args:
        folder: root's alone.
        now: how it went until now.

    Raises:
        OSError: it can't be written.
    """
    files.write_private(folder / COURSE, encode(now))
