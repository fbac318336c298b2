"""The certificate that the front uses: a checked copy, replaced when the tutor's files change.

nginx never reads ``secrets/`` itself: a file that is broken, or only half written, must not be
what a restarted nginx finds.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING

from classroom.front import tls
from classroom.runtime import files
from classroom.runtime.problems import StartRefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from logging import Logger
    from pathlib import Path

    from classroom.front.tls import Certificate

POLL_SECONDS = 1.0


def folder(front: Path) -> Path:
    """Name the directory with the pair in use."""
    return front / "tls"


def install(front: Path, certificate: Certificate, authority: bytes = b"") -> None:
    """Put a checked pair where nginx reads it; each file is replaced as a whole.

    Args:
        front: the front's directory, root's alone.
        certificate: the pair.
        authority: the lab's own, which has signed it, as PEM; nothing for the tutor's pair.
    """
    target = folder(front)
    target.mkdir(mode=0o700, exist_ok=True)
    files.write_private(target / "ssl.crt", certificate.chain)
    files.write_private(target / "ssl.key", certificate.key)
    marker = target / "supplied"
    marker.unlink(missing_ok=True)
    if certificate.supplied:
        marker.touch()
    if authority:
        files.write_private(target / "authority.crt", authority)
    else:
        (target / "authority.crt").unlink(missing_ok=True)


def is_supplied(front: Path) -> bool:
    """Say whether browsers trust the pair in use: the lab has not made it itself."""
    return (folder(front) / "supplied").exists()


def authority(front: Path) -> str:
    """Read the lab's own authority, for people to trust; "" where the pair in use isn't its."""
    try:
        return (folder(front) / "authority.crt").read_text(encoding="ascii")
    except FileNotFoundError:
        return ""


def installed(front: Path) -> tuple[bytes, bytes]:
    """Read the pair in use."""
    return (folder(front) / "ssl.crt").read_bytes(), (folder(front) / "ssl.key").read_bytes()


async def watch(
    secrets: Path, front: Path, changed: Callable[[], Awaitable[None]], log: Logger
) -> None:
    """Install a changed certificate and have nginx read it; keep the old one if it is no good.

    Two small files are read a second. Their content is compared, not their times, and nothing is
    asked of the kernel: on some bind mounts it reports no change, and within a second no time
    differs.

    Args:
        secrets: the folder with certificate and key, as `tls.read_pair` takes them.
        front: the front's directory.
        changed: awaited after a new pair is in place.
        log: where to say what happened.
    """
    complaint = ""
    while True:
        try:
            taken, complaint = take(secrets, front, log), ""
            if taken:
                await changed()
        except (StartRefusedError, OSError) as error:
            if str(error) != complaint:  # said once, not every second
                complaint = str(error)
                log.error("The certificate in use stays: %s", error)  # noqa: TRY400 (a sentence)
        await asyncio.sleep(POLL_SECONDS)


def take(secrets: Path, front: Path, log: Logger) -> bool:
    """Install what is in the folder if it is new and good.

    Args:
        secrets: the folder with certificate and key, as `tls.read_pair` takes them.
        front: the front's directory.
        log: where to say what happened.

    Returns:
        Whether another pair is in place now.

    Raises:
        StartRefusedError: what is there is no good.
        OSError: the disk says no.
    """
    pair = tls.read_pair(secrets)
    # Compared before it is checked: a check parses both and hands them to OpenSSL as files.
    if pair is None or pair == installed(front):
        return False
    now = dt.datetime.now(dt.UTC)
    named = tls.named_in(secrets)
    found = tls.check(*pair, now, named)
    install(front, found)
    log.info("New certificate, valid until %s: the front takes it", f"{found.expires:%Y-%m-%d}")
    if warning := found.warning(now, named[0]):
        log.warning(warning)
    return True
