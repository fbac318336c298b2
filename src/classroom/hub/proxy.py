"""nginx as JupyterHub's proxy: the supervisor runs it, and the Hub sets its routes."""

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
        """The Hub looks at its own certificate settings, which are empty: nginx has one."""
        return str(proposal.value).replace("http://", "https://", 1)

    async def start(self) -> None:
        """Do nothing: the supervisor runs nginx."""

    async def stop(self) -> None:
        """Do nothing: nginx continues without the Hub."""

    async def reload(self) -> None:
        """Make nginx read its configuration and certificate again, without closing connections."""
        self._render()
        self.handover.reload(handover.FRONT)

    def _render(self) -> bool:
        """Write the configuration for the present routes; say whether it has changed."""
        targets = {
            spec: route["target"]
            for spec, route in self.routes.items()
            if lab_routes.lab_of(self.paths, route["target"]) is None
        }
        return render.install(self.paths, targets)

    async def _route(self) -> None:
        """Apply the routes; after a start of the Hub they are usually unchanged."""
        if self._render():
            self.handover.reload(handover.FRONT)

    async def add_route(self, routespec: str, target: str, data: dict[str, Any]) -> None:
        """Route a path.

        Args:
            routespec: the path, with a slash at both ends.
            target: where it leads.
            data: the Hub's data about the route, for `get_all_routes`.

        Raises:
            ValueError: nginx could misread the path or the target.
        """
        spec = self.validate_routespec(routespec)
        if lab_routes.add(self.paths, spec, target):
            self.routes = {**self.routes, spec: {"routespec": spec, "target": target, "data": data}}
            return
        render.Route.of(spec, target)  # a route that nginx can't have must never be stored
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
