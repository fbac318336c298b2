"""No personal labs: everybody works in the one classroom."""

from __future__ import annotations

from typing import NoReturn

from jupyterhub.spawner import Spawner
from tornado import web

from classroom.runtime.words import gettext


class NoPersonalLab(Spawner):
    """Refuse to start personal servers.

    A tutor who wants personal labs sets ``c.JupyterHub.spawner_class`` to a real one.
    """

    async def start(self) -> NoReturn:
        """Refuse.

        Raises:
            HTTPError: 403, with the sentence people see.
        """
        raise web.HTTPError(
            403, gettext("There are no personal labs here: everybody is in the classroom.")
        )

    async def poll(self) -> int:
        """Say that it doesn't run."""
        return 0

    async def stop(self, now: bool = False) -> None:  # noqa: FBT001, FBT002 (JupyterHub's signature)
        """Do nothing: there is nothing to stop."""
