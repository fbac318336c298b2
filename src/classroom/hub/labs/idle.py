"""Stop labs that nobody uses.

Each lab's server writes since when nobody uses it (`classroom.lab.people.idleness`). The Hub stops
the lab, so that the Hub's pages show it.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from classroom.hub.labs import lab_files
from classroom.hub.labs.spawner import PersonalLab

if TYPE_CHECKING:
    from classroom.hub.labs.service import PersonalLabs

LOOK_SECONDS = 5.0
AGAIN_SECONDS = 4.0
"""The time between the first check of a lab and the second. A lab's server writes with a delay of
up to `classroom.lab.people.idleness.LOOK_SECONDS`; without a second check, a person who has just
come would find the lab stopped."""


async def watch(app: Any, labs: PersonalLabs) -> None:
    """Stop labs for as long as the Hub runs.

    Args:
        app: the Hub.
        labs: all labs.
    """
    while labs.idle_seconds:
        await asyncio.sleep(LOOK_SECONDS)
        before = unused(app, labs)
        if not before:
            continue
        await asyncio.sleep(AGAIN_SECONDS)
        for number, (user, since) in unused(app, labs).items():
            if before.get(number) != (user, since):
                continue
            app.log.info("Lab %d (%s): nobody uses it, stopped", number, user.name)
            try:
                await app.proxy.delete_user(user)
                await user.stop()
            except Exception:  # after any error, try again
                app.log.exception("Lab %d can't be stopped; retrying", number)


def unused(app: Any, labs: PersonalLabs) -> dict[int, tuple[Any, float]]:
    """List the running labs that nobody has used for so long that they should stop.

    Args:
        app: the Hub.
        labs: all labs.

    Returns:
        By number, the owner, and the time of the last use in seconds since the epoch.
    """
    found = {}
    for user in list(app.users.values()):
        spawner = user.spawners.get("")
        if not isinstance(spawner, PersonalLab) or not spawner.ready or spawner.pending:
            continue
        since = lab_files.idle_since(labs.paths.of_lab(spawner.number).idle)
        if since is not None and time.time() - since >= labs.idle_seconds:
            found[spawner.number] = user, since
    return found
