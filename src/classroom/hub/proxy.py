"""nginx as JupyterHub's proxy: the supervisor runs it, the Hub says what it routes."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from jupyterhub.proxy import Proxy
from traitlets import Dict, Instance, List, validate

from classroom.config import last_good, settings
from classroom.front import certificate, render
from classroom.hub.access.service import Access
from classroom.hub.egress.gateway import Egress
from classroom.hub.reload import watch
from classroom.hub.requests import guard
from classroom.runtime import body_limits, handover
from classroom.runtime.handover import Handover
from classroom.runtime.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from classroom.config.settings import Settings


class NginxProxy(Proxy):
    """JupyterHub's proxy interface over one nginx with a rendered configuration.

    The Hub's own route and the classroom's are in the template; what the Hub adds (services with
    a url) is rendered into it, and nginx reloads without dropping a connection.
    See https://jupyterhub.readthedocs.io/en/stable/reference/proxy.html.
    """

    routes = Dict(help="Every route of the Hub, as get_all_routes returns it.")
    paths = Instance(Paths, args=())
    handover = Instance(Handover, args=(), help="How to reach the supervisor.").tag(config=True)
    egress = Instance(Egress, allow_none=True, help="The egress lock's part.").tag(config=True)

    access = Instance(Access, allow_none=True, help="Who may be in, as it changes.").tag(
        config=True
    )

    _watchers: Any = List(help="Tasks that end with the front.")

    @validate("public_url")
    def _speaks_tls(self, proposal: Any) -> str:
        """The Hub thinks in its own certificate settings, which we leave empty: nginx has one."""
        return str(proposal.value).replace("http://", "https://", 1)

    async def start(self) -> None:
        """Watch names, the certificate and the tutor's file; nginx itself runs already.

        The Hub calls this before it listens: from its first request on it is guarded and bounded.
        """
        guard.install(self.app)
        body_limits.bound(self.app.tornado_application, body_limits.of_hub)
        if self.egress is not None:
            await self.egress.start(self.log)
        if self.access is not None:
            await self.access.start(self.app)
        self._watch(
            "certificate",
            certificate.watch(self.paths.secrets, self.paths.front, self._reload, self.log),
        )
        self._watch(
            "configuration",
            watch(
                self.paths.config_file,
                lambda: settings.load(self.paths, os.environ),
                self._follow,
                self.log,
            ),
        )

    def _watch(self, what: str, work: Coroutine[Any, Any, None]) -> None:
        """Watch something for as long as the front runs, and let that not end unnoticed."""

        def report(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                self.log.critical("Watching the %s stopped: %s", what, error, exc_info=error)

        task = asyncio.create_task(work)
        task.add_done_callback(report)
        self._watchers.append(task)

    async def _follow(self, saved: Settings) -> None:
        """Hold to what the tutor has saved, as far as that can be done while all runs."""
        last_good.keep(saved)
        if self.egress is not None:
            self.egress.follow(saved, self.log)
        if self.access is not None:
            await self.access.follow(saved)

    async def _reload(self) -> None:
        """Have nginx read its configuration and certificate again, keeping every connection."""
        self._render()
        self.handover.reload(handover.FRONT)

    def _render(self) -> bool:
        """Write the configuration for the routes as they are now; say whether that is new."""
        targets = {spec: route["target"] for spec, route in self.routes.items()}
        return render.install(self.paths, targets)

    async def _route(self) -> None:
        """Hold to the routes; after a start of the Hub's they are what they were."""
        if self._render():
            self.handover.reload(handover.FRONT)

    async def stop(self) -> None:
        """Stop watching; nginx serves on, whatever becomes of the Hub."""
        for task in self._watchers:
            task.cancel()
        if self.egress is not None:
            await self.egress.stop()

    async def add_route(self, routespec: str, target: str, data: dict[str, Any]) -> None:
        """Route a path.

        Args:
            routespec: the path, with a slash at both ends.
            target: where it goes.
            data: what the Hub wants to find there again.

        Raises:
            ValueError: the path or the target could be more than that to nginx.
        """
        spec = self.validate_routespec(routespec)
        render.Route.of(spec, target)  # what nginx can't be told must never be stored
        route = {"routespec": spec, "target": target, "data": data}
        if self.routes.get(spec) != route:
            self.routes = {**self.routes, spec: route}
            await self._route()

    async def delete_route(self, routespec: str) -> None:
        """Forget a path, if it is routed."""
        spec = self.validate_routespec(routespec)
        if spec in self.routes:
            self.routes = {known: route for known, route in self.routes.items() if known != spec}
            await self._route()

    async def get_all_routes(self) -> dict[str, dict[str, Any]]:
        """Return every route: routespec, target and data by routespec."""
        return dict(self.routes)
