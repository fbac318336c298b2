"""Keep a checked copy of the certificate for the front, and replace it when the files change.

nginx never reads ``secrets/`` itself, because a restarted nginx could find a file that is broken or
only half written.
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
    """Put a checked pair where nginx reads it, each file in one step.

    Args:
        front: the front's directory, which only root can enter.
        certificate: the pair.
        authority: the lab's own authority, if it has signed the pair, as PEM; empty otherwise.
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
    """Say whether browsers trust the pair in use, because the lab has not made it itself."""
    return (folder(front) / "supplied").exists()


def authority(front: Path) -> str:
    """Read the lab's own authority for people to trust; "" if it hasn't signed the pair in use."""
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
    """Install a changed certificate and have nginx read it; keep the old one if it is not valid.

    This reads two small files every second and compares their content. It does not use inotify,
    which reports no changes on some bind mounts, nor modification times, which do not differ within
    a second.

    Args:
        secrets: the folder with certificate and key, as `tls.read_pair` takes them.
        front: the front's directory.
        changed: called and awaited after a new pair is in place.
        log: the log for what happened.
    """
    complaint = ""
    while True:
        try:
            taken, complaint = take(secrets, front, log), ""
            if taken:
                await changed()
        except (StartRefusedError, OSError) as error:
            if str(error) != complaint:  # logged once, not every second
                complaint = str(error)
                log.error("The certificate in use stays: %s", error)  # noqa: TRY400 (a sentence)
        await asyncio.sleep(POLL_SECONDS)


def take(secrets: Path, front: Path, log: Logger) -> bool:
    """Install the pair in the folder if it is new and valid.

    Args:
        secrets: the folder with certificate and key, as `tls.read_pair` takes them.
        front: the front's directory.
        log: the log for what happened.

    Returns:
        Whether another pair is in place now.

    Raises:
        StartRefusedError: the pair in the folder is not valid.
        OSError: a file can't be read or written.
    """
    pair = tls.read_pair(secrets)
    # Compare before the check, which is slow: it parses both and gives them to OpenSSL as files.
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
