"""JupyterHub's spawner for labs: the supervisor runs their servers beside the Hub.

So the Hub's own pages, API, roles and groups treat a lab like any server, and labs survive the end
of the Hub.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from jupyterhub.spawner import Spawner
from traitlets import Any as AnyTrait
from traitlets import Int

from classroom.hub.labs import renamed
from classroom.runtime.lab_users import CLASS

POLL_SECONDS = 10


class PersonalLab(Spawner):
    """A personal lab, or a room."""

    labs = AnyTrait(config=True, help="All of them (`classroom.hub.labs.service.PersonalLabs`).")
    number = Int(CLASS, help="The lab's; the class's while it has none.")

    def load_state(self, state: dict[str, Any]) -> None:
        """Restore the lab's number after a start of the Hub."""
        super().load_state(state)
        self.number = int(state.get("lab", CLASS))

    def get_state(self) -> dict[str, Any]:
        """Return the state to store."""
        state = dict(super().get_state())
        return {**state, "lab": self.number} if self.number != CLASS else state

    def clear_state(self) -> None:
        """Forget the lab's number: it has stopped, or is about to be started."""
        super().clear_state()
        self.number = CLASS

    async def start(self) -> str:
        """Have the server started.

        Returns:
            Its socket, as JupyterHub writes unix sockets.

        Raises:
            HTTPError: it was not started, with the sentence for people.
        """
        number = self.labs.number(self.user.name)
        await renamed.stop_under_other_names(self.labs, number, self.user.name)
        given = self.get_env()
        hub = {
            "user": self.user.name,
            "service": "",
            "prefix": given["JUPYTERHUB_SERVICE_PREFIX"],
            "client": given["JUPYTERHUB_CLIENT_ID"],
            "scopes": json.loads(given["JUPYTERHUB_OAUTH_ACCESS_SCOPES"]),
        }
        await self.labs.start(number, self.user.name, self.api_token, hub)
        self.number = number
        place = self.labs.paths.of_lab(number).lab_socket
        return f"http+unix://{quote(str(place), safe='')}"

    async def poll(self) -> int | None:
        """Return None while it runs, as JupyterHub expects."""
        return None if self.number in await self.labs.running() else 0

    async def stop(self, now: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 (upstream's)
        """Have the server and all programs of the lab stopped."""
        if self.number != CLASS:
            await self.labs.stop(self.number)
