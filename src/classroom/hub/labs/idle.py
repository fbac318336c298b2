"""Stop labs that nobody uses.

Each lab's server writes down since when that is so (`classroom.lab.people.idleness`); the Hub stops
it, so that its own pages know.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import TYPE_CHECKING, Any

from classroom.hub.labs.spawner import PersonalLab

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.hub.labs.service import PersonalLabs

LOOK_SECONDS = 5.0
LONGEST = 200
"""Bytes that are read: the lab's server may have put anything there."""


def idle_since(file: Path) -> float | None:
    """Read since when nobody has used a lab.

    Args:
        file: the lab's server's: no link is followed, and no pipe waited for.

    Returns:
        Seconds since the epoch; None while somebody does, or when nothing is known.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        since = json.loads(os.read(descriptor, LONGEST))["since"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    finally:
        os.close(descriptor)
    return float(since) if isinstance(since, int | float) else None


async def watch(app: Any, labs: PersonalLabs) -> None:
    """Stop labs for as long as the Hub runs.

    Args:
        app: the Hub.
        labs: all of them.
    """
    while labs.idle_seconds:
        await asyncio.sleep(LOOK_SECONDS)
        for user in list(app.users.values()):
            spawner = user.spawners.get("")
            if not isinstance(spawner, PersonalLab) or not spawner.ready or spawner.pending:
                continue
            since = idle_since(labs.paths.of_lab(spawner.number).idle)
            if since is not None and time.time() - since >= labs.idle_seconds:
                app.log.info("Lab %d (%s): nobody uses it, stopped", spawner.number, user.name)
                try:
                    await app.proxy.delete_user(user)
                    await user.stop()
                except Exception:  # whatever it is: it is tried again
                    app.log.exception("Lab %d can't be stopped; retrying", spawner.number)
