"""Follow the tutor's configuration as it is saved: what can change while the lab runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from classroom.egress.lock import Kind
from classroom.problems import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger
    from pathlib import Path

    from classroom.egress.wanted import Wanted
    from classroom.settings import Settings

POLL_SECONDS = 1.0


def content(file: Path) -> bytes | None:
    """Read a file; None while it isn't there, as between an editor's two steps."""
    try:
        return file.read_bytes()
    except OSError:
        return None


def shared(held: Wanted, saved: Wanted) -> list[str]:
    """List hosts of the Hub's that students may now reach too: their address is fixed at start.

    The other way round nothing waits: the Hub knocks at its own door whatever the address.

    Args:
        held: what the lock holds to.
        saved: what the tutor has saved.
    """
    return [
        host.name
        for host in held.hub
        if not held.is_allowed(host.name) and saved.is_allowed(host.name)
    ]


def at_next_start(held: Wanted, saved: Wanted, kind: Kind) -> list[str]:
    """List the settings that differ and wait for the next start.

    Names are the proxy's to know and can change; the rules can't, because nothing in the
    container may change them any more, and the Hub's names are in its hosts file.

    Args:
        held: what the lock holds to.
        saved: what the tutor has saved.
        kind: how the lock is held.
    """
    return [
        f"Classroom.{name}"
        for name, differs in (
            ("egress", held.open != saved.open),
            ("egress_private", held.private != saved.private),
            ("egress_hub", held.hub != saved.hub),
            (f"egress_allow for {', '.join(shared(held, saved))}", shared(held, saved)),
            ("egress_allow", kind is Kind.SANDBOX and held.allow != saved.allow),
        )
        if differs
    ]


async def watch(
    file: Path,
    load: Callable[[], Settings],
    take: Callable[[Settings], None],
    log: Logger,
) -> None:
    """Take over whatever is saved, if it is good; else say why not, and keep what holds.

    The content is read once a second and compared, as for the certificate: on some bind mounts
    the kernel reports no change.

    Args:
        file: the tutor's configuration.
        load: reads and checks it.
        take: is given the new settings.
        log: where to say what is wrong.
    """
    last = content(file)
    while True:
        await asyncio.sleep(POLL_SECONDS)
        found = content(file)
        if found is None or found == last:
            continue
        last = found
        try:
            take(await asyncio.to_thread(load))
        except RefusedError as refused:
            for problem in refused.problems:
                log.error("The configuration in use stays: %s", problem)  # noqa: TRY400
