"""nginx as JupyterHub's proxy: the supervisor runs it, the Hub says what it routes."""

from __future__ import annotations

from typing import Any

from jupyterhub.proxy import Proxy
from traitlets import Dict, Instance, validate

from classroom.front import lab_routes, render
from classroom.runtime import handover
from classroom.runtime.handover import Handover
from classroom.runtime.paths import Paths


class NginxProxy(Proxy):
    """JupyterHub's proxy interface over one nginx with a rendered configuration.

    The Hub's own route and the classroom's are in the template; what the Hub adds (services with
    a url) is rendered into it, and nginx reloads without dropping a connection. Routes to people's
    own labs are links, and need no reload (`classroom.front.lab_routes`).
    See https://jupyterhub.readthedocs.io/en/stable/reference/proxy.html.
    """

    routes = Dict(help="Every route of the Hub, as get_all_routes returns it.")
    paths = Instance(Paths, args=())
    handover = Instance(Handover, args=(), help="How to reach the supervisor.").tag(config=True)

    @validate("public_url")
    def _speaks_tls(self, proposal: Any) -> str:
        """The Hub thinks in its own certificate settings, which we leave empty: nginx has one."""
        return str(proposal.value).replace("http://", "https://", 1)

    async def start(self) -> None:
        """Do nothing: the supervisor runs nginx."""

    async def stop(self) -> None:
        """Do nothing: nginx serves on, whatever becomes of the Hub."""

    async def reload(self) -> None:
        """Have nginx read its configuration and certificate again, keeping every connection."""
        self._render()
        self.handover.reload(handover.FRONT)

    def _render(self) -> bool:
        """Write the configuration for the routes as they are now; say whether that is new."""
        targets = {
            spec: route["target"]
            for spec, route in self.routes.items()
            if lab_routes.lab_of(self.paths, route["target"]) is None
        }
        return render.install(self.paths, targets)

    async def _route(self) -> None:
        """Hold to the routes; after a start of the Hub's they are what they were."""
        if self._render():
            self.handover.reload(handover.FRONT)

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
        if lab_routes.add(self.paths, spec, target):
            self.routes = {**self.routes, spec: {"routespec": spec, "target": target, "data": data}}
            return
        render.Route.of(spec, target)  # what nginx can't be told must never be stored
        route = {"routespec": spec, "target": target, "data": data}
        if self.routes.get(spec) != route:
            self.routes = {**self.routes, spec: route}
            await self._route()

    async def delete_route(self, routespec: str) -> None:
        """Forget a path, if it is routed."""
        spec = self.validate_routespec(routespec)
        lab_routes.remove(self.paths, spec)
        if spec in self.routes:
            self.routes = {known: route for known, route in self.routes.items() if known != spec}
            await self._route()

    async def get_all_routes(self) -> dict[str, dict[str, Any]]:
        """Return every route: routespec, target and data by routespec."""
        return {**lab_routes.all_routes(self.paths), **self.routes}
