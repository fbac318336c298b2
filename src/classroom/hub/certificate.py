"""The certificate that the front uses: a checked copy, replaced when the tutor's files change.

nginx never reads ``secrets/`` itself: a file that is broken, or only half written, must not be
what a restarted nginx finds.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from typing import TYPE_CHECKING

from watchfiles import awatch

from classroom import tls
from classroom.problems import RefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from logging import Logger
    from pathlib import Path

    from classroom.tls import Certificate

POLL_SECONDS = 1.0


def folder(front: Path) -> Path:
    """Name the directory with the pair in use."""
    return front / "tls"


def install(front: Path, certificate: Certificate) -> None:
    """Put a checked pair where nginx reads it; each file is replaced as a whole.

    Args:
        front: the front's directory, root's alone.
        certificate: the pair.
    """
    target = folder(front)
    target.mkdir(mode=0o700, exist_ok=True)
    for name, text in (("ssl.crt", certificate.chain), ("ssl.key", certificate.key)):
        new = target / f".{name}"
        new.unlink(missing_ok=True)
        new.touch(mode=0o600)
        new.write_bytes(text)
        new.replace(target / name)
    marker = target / "supplied"
    marker.unlink(missing_ok=True)
    if certificate.supplied:
        marker.touch()


def is_supplied(front: Path) -> bool:
    """Say whether the pair in use is the tutor's own."""
    return (folder(front) / "supplied").exists()


def installed(front: Path) -> tuple[bytes, bytes]:
    """Read the pair in use."""
    return (folder(front) / "ssl.crt").read_bytes(), (folder(front) / "ssl.key").read_bytes()


async def watch(
    secrets: Path, front: Path, changed: Callable[[], Awaitable[None]], log: Logger
) -> None:
    """Install a changed certificate and have nginx read it; keep the old one if it is no good.

    The folder is watched, not the files: editors and certificate clients replace files. It may
    be a bind mount on which the kernel reports nothing, so it is polled; two small files a
    second cost nothing.

    Args:
        secrets: the folder with ``ssl.crt`` and ``ssl.key``.
        front: the front's directory.
        changed: awaited after a new pair is in place.
        log: where to say what happened.
    """
    while True:
        if not secrets.is_dir():  # noqa: ASYNC240 (one stat a second)
            await asyncio.sleep(POLL_SECONDS)
            continue
        with contextlib.suppress(FileNotFoundError):  # the whole folder was replaced
            async for _ in awatch(
                secrets,
                force_polling=True,
                poll_delay_ms=int(POLL_SECONDS * 1000),
                recursive=False,
                ignore_permission_denied=True,
            ):
                if take(secrets, front, log):
                    await changed()


def take(secrets: Path, front: Path, log: Logger) -> bool:
    """Install what is in the folder if it is new and good.

    Args:
        secrets: the folder with ``ssl.crt`` and ``ssl.key``.
        front: the front's directory.
        log: where to say what happened.

    Returns:
        Whether another pair is in place now.
    """
    now = dt.datetime.now(dt.UTC)
    try:
        found = tls.read(secrets, now)
    except (RefusedError, OSError) as error:
        log.error("The certificate in use stays: %s", error)  # noqa: TRY400 (a sentence, no trace)
        return False
    if found is None or (found.chain, found.key) == installed(front):
        return False
    install(front, found)
    log.info("New certificate in use, valid until %s", f"{found.expires:%Y-%m-%d}")
    if warning := found.warning(now):
        log.warning(warning)
    return True
