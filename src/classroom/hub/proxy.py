"""nginx as JupyterHub's proxy: the Hub starts it, routes through it and revives it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyterhub.proxy import Proxy
from traitlets import Dict, Instance, validate

from classroom.hub import certificate, front
from classroom.paths import Paths

if TYPE_CHECKING:
    from asyncio.subprocess import Process

REVIVE_SECONDS = 0.2
"""Between a death and the next start: soon enough to be missed by nobody, long enough that a
front that can't start doesn't keep a core busy."""
UP_SECONDS = 10
GIVE_UP_SECONDS = 30
"""When the front can't be revived for so long the Hub ends, so that Docker starts all anew."""


def kill_group(nginx: Process) -> None:
    """End an nginx and all its workers, whether or not their master still lives."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(nginx.pid, signal.SIGKILL)


async def wait_up(nginx: Process, pid: Path) -> None:
    """Wait until an nginx listens: it writes its pid after it has opened its sockets.

    Raises:
        RuntimeError: it ended instead.
    """
    while not pid.exists():  # noqa: ASYNC240 (on tmpfs or overlay, for a few rounds)
        if nginx.returncode is not None:
            raise RuntimeError(f"nginx ended with {nginx.returncode}")
        await asyncio.sleep(0.02)


class NginxProxy(Proxy):
    """JupyterHub's proxy interface over one nginx with a rendered configuration.

    The Hub's own route and the classroom's are in the template; what the Hub adds (services with
    a url, personal labs) is rendered into it, and nginx reloads without dropping a connection.
    See https://jupyterhub.readthedocs.io/en/stable/reference/proxy.html.
    """

    routes = Dict(help="Every route of the Hub, as get_all_routes returns it.")
    paths = Instance(Paths, args=())

    _nginx: Process | None = None
    _tasks: tuple[asyncio.Task[None], ...] = ()
    _stopping = False

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
                self.paths,
                package,
                hsts=certificate.is_supplied(self.paths.front),
                ipv6=Path("/proc/net/if_inet6").exists(),
            ),
            {spec: route["target"] for spec, route in self.routes.items()},
        )
        (self.paths.front / "tmp").mkdir(exist_ok=True)
        self._config.write_text(text, encoding="utf-8")

    async def _spawn(self) -> Process:
        """Start nginx and return when it listens.

        Raises:
            RuntimeError: it ended instead.
            TimeoutError: it didn't listen in time.
        """
        self._render()
        pid = self.paths.front / "nginx.pid"
        pid.unlink(missing_ok=True)
        nginx = await asyncio.create_subprocess_exec(
            *("nginx", "-e", "stderr", "-c", self._config),
            start_new_session=True,  # a group of its own, to end its workers by
        )
        try:
            async with asyncio.timeout(UP_SECONDS):
                await wait_up(nginx, pid)
        except (RuntimeError, TimeoutError):
            kill_group(nginx)
            raise
        return nginx

    async def start(self) -> None:
        """Start nginx, and watch over it and the certificate."""
        self._stopping = False
        self._nginx = await self._spawn()
        self._tasks = (
            asyncio.create_task(self._revive()),
            asyncio.create_task(
                certificate.watch(self.paths.secrets, self.paths.front, self._reload, self.log)
            ),
        )
        for task in self._tasks:
            task.add_done_callback(self._report)

    def _report(self, task: asyncio.Task[None]) -> None:
        """Let no watcher end unnoticed."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self.log.critical("The front is no longer watched over: %s", error, exc_info=error)

    async def _revive(self) -> None:
        """Start nginx again whenever it dies."""
        while self._nginx is not None:
            status = await self._nginx.wait()
            if self._stopping:
                return
            self.log.error("The front (nginx) ended with %s: starting it again", status)
            # Workers outlive a killed master and would keep the port.
            kill_group(self._nginx)
            if not await self._try_to_revive():
                # Gracefully: the lab saves what is open.
                os.kill(os.getpid(), signal.SIGTERM)
                return

    async def _try_to_revive(self) -> bool:
        """Start nginx until it runs; False when it won't for too long."""
        end = asyncio.get_running_loop().time() + GIVE_UP_SECONDS
        while asyncio.get_running_loop().time() < end:
            await asyncio.sleep(REVIVE_SECONDS)
            try:
                self._nginx = await self._spawn()
            except (RuntimeError, TimeoutError, OSError) as error:
                self.log.error("The front doesn't start: %s", error)  # noqa: TRY400
            else:
                return True
        self.log.critical("The front could not be started for %s s: ending", GIVE_UP_SECONDS)
        return False

    async def _reload(self) -> None:
        """Have nginx read its configuration and certificate again, keeping every connection."""
        self._render()
        if self._nginx is not None and self._nginx.returncode is None:
            self._nginx.send_signal(signal.SIGHUP)

    async def stop(self) -> None:
        """Stop nginx at once: what it serves is ending too."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        if self._nginx is not None and self._nginx.returncode is None:
            self._nginx.terminate()
            await self._nginx.wait()

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
