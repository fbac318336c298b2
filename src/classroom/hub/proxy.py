"""nginx as JupyterHub's proxy: the Hub starts it, routes through it and revives it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyterhub.proxy import Proxy
from traitlets import Dict, Instance, List, validate

from classroom import settings
from classroom.hub import certificate, front, keeper, nginx
from classroom.hub.access import Access
from classroom.hub.egress import Egress
from classroom.hub.keeper import Keeper
from classroom.hub.saved import watch
from classroom.paths import PORT, Paths

if TYPE_CHECKING:
    import socket
    from asyncio.subprocess import Process
    from collections.abc import Coroutine

    from classroom.settings import Settings

UP_SECONDS = 10


def has_ipv6() -> bool:
    """Say whether the machine has IPv6 at all."""
    return Path("/proc/net/if_inet6").exists()


async def wait_up(started: Process, pid: Path) -> None:
    """Wait until an nginx listens: it writes its pid after it has opened its sockets.

    Raises:
        RuntimeError: it ended instead.
    """
    while not pid.exists():  # noqa: ASYNC240 (on tmpfs or overlay, for a few rounds)
        if started.returncode is not None:
            raise RuntimeError(f"nginx ended with {started.returncode}")
        await asyncio.sleep(0.02)


class NginxProxy(Proxy):
    """JupyterHub's proxy interface over one nginx with a rendered configuration.

    The Hub's own route and the classroom's are in the template; what the Hub adds (services with
    a url) is rendered into it, and nginx reloads without dropping a connection.
    See https://jupyterhub.readthedocs.io/en/stable/reference/proxy.html.
    """

    routes = Dict(help="Every route of the Hub, as get_all_routes returns it.")
    paths = Instance(Paths, args=())
    egress = Instance(
        Egress, allow_none=True, help="The other nginx: it starts and ends with this one."
    ).tag(config=True)

    access = Instance(Access, allow_none=True, help="Who may be in, as it changes.").tag(
        config=True
    )

    _keeper: Keeper | None = None
    _sockets: tuple[socket.socket, ...] = ()

    _watchers: Any = List(help="Tasks that end with the front.")

    @validate("public_url")
    def _speaks_tls(self, proposal: Any) -> str:
        """The Hub thinks in its own certificate settings, which we leave empty: nginx has one."""
        return str(proposal.value).replace("http://", "https://", 1)

    @property
    def _config(self) -> Path:
        return self.paths.front / "front.conf"

    def _render(self) -> None:
        """Write the configuration for the routes and the certificate as they are now."""
        package = Path(__file__).parent.parent
        text = front.render(
            (package / "nginx/front.conf").read_text(encoding="utf-8"),
            front.Front(
                self.paths, package, hsts=certificate.is_supplied(self.paths.front), ipv6=has_ipv6()
            ),
            {spec: route["target"] for spec, route in self.routes.items()},
        )
        (self.paths.front / "tmp").mkdir(exist_ok=True)
        self._config.write_text(text, encoding="utf-8")

    async def _spawn(self) -> Process:
        """Start nginx and return when it serves.

        Raises:
            RuntimeError: it ended instead.
            TimeoutError: it didn't serve in time.
        """
        self._render()
        pid = self.paths.front / "nginx.pid"
        pid.unlink(missing_ok=True)
        started = await asyncio.create_subprocess_exec(
            *("nginx", "-e", "stderr", "-c", self._config),
            start_new_session=True,  # a group of its own, to end its workers by
            pass_fds=[found.fileno() for found in self._sockets],
            env=nginx.inherit(self._sockets),
        )
        try:
            async with asyncio.timeout(UP_SECONDS):
                await wait_up(started, pid)
        except (RuntimeError, TimeoutError):
            keeper.kill_group(started)
            raise
        return started

    async def start(self) -> None:
        """Start nginx and the egress proxy; watch them, the certificate and the tutor's file."""
        if self.egress is not None:
            await self.egress.start(self.log)
        if self.access is not None:
            await self.access.start(self.app)
        addresses = ["0.0.0.0", "::"] if has_ipv6() else ["0.0.0.0"]  # noqa: S104 (it is the front)
        self._sockets = self._sockets or tuple(keeper.listen(one, PORT) for one in addresses)
        self._keeper = Keeper("The front", self._spawn, self.log)
        await self._keeper.start()
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
                self.log.critical("The %s is no longer watched: %s", what, error, exc_info=error)

        task = asyncio.create_task(work)
        task.add_done_callback(report)
        self._watchers.append(task)

    async def _follow(self, saved: Settings) -> None:
        """Hold to what the tutor has saved, as far as that can be done while all runs."""
        if self.egress is not None:
            self.egress.follow(saved, self.log)
        if self.access is not None:
            await self.access.follow(saved)

    async def _reload(self) -> None:
        """Have nginx read its configuration and certificate again, keeping every connection."""
        self._render()
        if self._keeper is not None:
            self._keeper.reload()

    async def stop(self) -> None:
        """Stop both at once: what they serve is ending too."""
        for task in self._watchers:
            task.cancel()
        if self._keeper is not None:
            await self._keeper.stop()
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
        front.Route.of(spec, target)  # what nginx can't be told must never be stored
        route = {"routespec": spec, "target": target, "data": data}
        if self.routes.get(spec) != route:
            self.routes = {**self.routes, spec: route}
            await self._reload()

    async def delete_route(self, routespec: str) -> None:
        """Forget a path, if it is routed."""
        spec = self.validate_routespec(routespec)
        if spec in self.routes:
            self.routes = {known: route for known, route in self.routes.items() if known != spec}
            await self._reload()

    async def get_all_routes(self) -> dict[str, dict[str, Any]]:
        """Return every route: routespec, target and data by routespec."""
        return dict(self.routes)
