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
            since = lab_files.idle_since(labs.paths.of_lab(spawner.number).idle)
            if since is not None and time.time() - since >= labs.idle_seconds:
                app.log.info("Lab %d (%s): nobody uses it, stopped", spawner.number, user.name)
                try:
                    await app.proxy.delete_user(user)
                    await user.stop()
                except Exception:  # whatever it is: it is tried again
                    app.log.exception("Lab %d can't be stopped; retrying", spawner.number)
