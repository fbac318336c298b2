"""JupyterHub as the classroom runs it: with a guard for all requests, and with background work."""

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
    """JupyterHub with code that runs before it listens, for which upstream has no hook.

    The class has the same name as upstream's, because traitlets uses it for the command line's
    settings and the log, and people write ``c.JupyterHub``.
    """

    lab_id = Unicode(help="What the names of its cookies end with.").tag(config=True)

    @default("classes")
    def _load_classes(self) -> list[type]:
        """Name the classes that the command line may set.

        Upstream loads every installed authenticator, spawner and proxy for that, which takes 5 MB.
        The configuration loads the chosen ones anyway.
        """
        return [Spawner, Authenticator, CryptKeeper]

    async def start(self) -> None:
        """Guard and limit all requests, start the background work, then start JupyterHub."""
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
