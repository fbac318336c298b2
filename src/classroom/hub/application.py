"""JupyterHub as the classroom runs it: guarded from the first request on, with background work."""

from __future__ import annotations

from jupyterhub import app
from jupyterhub.auth import Authenticator
from jupyterhub.crypto import CryptKeeper
from jupyterhub.spawner import Spawner
from traitlets import Unicode, default

from classroom.hub.background import Background
from classroom.hub.requests import guard
from classroom.runtime import backlog, body_limits, cookie_names


class JupyterHub(app.JupyterHub):
    """JupyterHub, which has no hook of its own for what is to be done before it listens.

    Of the same name: traitlets takes the command line's settings and the log's name from that, and
    people write ``c.JupyterHub``.
    """

    lab_id = Unicode(help="What the names of its cookies end with.").tag(config=True)

    @default("classes")
    def _load_classes(self) -> list[type]:
        """Name the classes that the command line may set.

        Upstream loads every authenticator, spawner and proxy that is installed for that: 5 MB.
        Those that the configuration chooses are loaded with it.
        """
        return [Spawner, Authenticator, CryptKeeper]

    async def start(self) -> None:
        """Guard and bound all requests and begin the background work; then start, and listen."""
        guard.install(self)
        body_limits.bound(self.tornado_application, body_limits.of_hub)
        cookie_names.use(self.tornado_application, self.lab_id, cookie_names.OF_HUB)
        self.background = Background(parent=self)
        await self.background.start(self, self.proxy.reload)
        await super().start()
        backlog.widen(self.http_server)

    async def cleanup(self) -> None:
        """End the background work, then what JupyterHub ends itself."""
        await self.background.stop()
        await super().cleanup()
