"""Stop labs that nobody uses.

Each lab's server writes down since when that is so (`classroom.lab.people.idleness`); the Hub stops
it, so that its own pages know.
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
"""How long after the first look a lab is looked at again: its server writes less than it knows for
up to `classroom.lab.people.idleness.LOOK_SECONDS`, and who has just come would find it stopped."""


async def watch(app: Any, labs: PersonalLabs) -> None:
    """Stop labs for as long as the Hub runs.

    Args:
        app: the Hub.
        labs: all of them.
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
            except Exception:  # whatever it is: it is tried again
                app.log.exception("Lab %d can't be stopped; retrying", number)


def unused(app: Any, labs: PersonalLabs) -> dict[int, tuple[Any, float]]:
    """List the labs that run and that nobody has used for so long that they are to be stopped.

    Args:
        app: the Hub.
        labs: all of them.

    Returns:
        By number, the owner and since when nobody has used it, in seconds since the epoch.
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
