"""The Hub's part of the egress lock: the SNI proxy, names, and what was refused."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classroom import files
from classroom.egress import lock as locks
from classroom.egress.lock import Kind
from classroom.egress.resolv import HUB_DOOR, STUDENTS_DOOR
from classroom.hub import keeper, names, nginx
from classroom.hub.account import Account
from classroom.hub.keeper import Keeper
from classroom.hub.saved import at_next_start

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Coroutine
    from logging import Logger

    from classroom.egress.lock import Lock
    from classroom.egress.wanted import Wanted
    from classroom.settings import Settings

HTTPS = 443


def render(template: str, folder: Path, lock: Lock, wanted: Wanted) -> str:
    """Render the proxy's configuration.

    Args:
        template: text of nginx/egress.conf.
        folder: where it keeps its pid.
        lock: whom it asks for names.
        wanted: what may be reached.
    """
    return nginx.fill_in(
        template,
        folder=folder,
        resolvers=lock.nameservers,
        ipv6=lock.ipv6,
        hub=wanted.hub,
        allow=wanted.allow,
    )


class Egress:
    """What runs beside the front for as long as the lock holds."""

    def __init__(self, loaded: Settings, lock: Lock) -> None:
        """Remember what was taken.

        Args:
            loaded: the settings, checked.
            lock: the lock that the start has taken.
        """
        self.paths = loaded.paths
        self.wanted = loaded.egress
        self.lock = lock
        self._account = Account(self.paths.egress / "report.json", lock.kind)
        self._sockets: tuple[socket.socket, ...] = ()
        self._keeper: Keeper | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, log: Logger) -> None:
        """Start the proxy, answer names and listen to the kernel.

        Args:
            log: where to say what was refused.

        Raises:
            RuntimeError: the proxy ended at once.
            OSError: a door's port is taken.
        """
        self._describe()
        if self.lock.kind is not Kind.NFTABLES:
            return
        self._sockets = self._sockets or tuple(
            keeper.listen(door, HTTPS) for door in (HUB_DOOR, STUDENTS_DOOR)
        )
        self._keeper = Keeper("The egress proxy", self._spawn, log)
        await self._keeper.start()
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(
            lambda: names.Names(self._is_allowed, self._account.refused_name),
            sock=names.listen(),
        )
        kernel = socket.socket(fileno=self.lock.refusals)
        kernel.settimeout(0)
        self._watch(self._account.follow(kernel, log), log)

    def _watch(self, work: Coroutine[Any, Any, None], log: Logger) -> None:
        """Do something for as long as the lock holds, and let it not end unnoticed."""

        def report(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                log.critical("The egress lock holds, unwatched: %s", error, exc_info=error)

        task = asyncio.create_task(work)
        task.add_done_callback(report)
        self._tasks.append(task)

    async def stop(self) -> None:
        """Stop the proxy."""
        for task in self._tasks:
            task.cancel()
        if self._keeper is not None:
            await self._keeper.stop()

    def follow(self, saved: Settings, log: Logger) -> None:
        """Hold to what the tutor has saved, as far as that can be done while all runs.

        Args:
            saved: the new settings, checked.
            log: where to say what has changed, and what waits.
        """
        waiting = at_next_start(self.wanted, saved.egress, self.lock.kind)
        if waiting:
            log.warning("Changed, and will hold from the next start on: %s", ", ".join(waiting))
        if saved.egress.allow == self.wanted.allow or "Classroom.egress_allow" in waiting:
            return
        # Only this: what waits stays as it is held.
        self.wanted = replace(self.wanted, allow=saved.egress.allow)
        if self._keeper is not None:
            self._render()
            self._keeper.reload()
        log.info("Egress lock: %s", self._describe())

    def _describe(self) -> str:
        words = locks.describe(self.lock.kind, self.wanted)
        self._account.describe(words)
        return words

    def _render(self) -> Path:
        package = Path(__file__).parent.parent
        template = (package / "nginx/egress.conf").read_text(encoding="utf-8")
        config = self.paths.egress / "egress.conf"
        text = render(template, self.paths.egress, self.lock, self.wanted)
        files.write_for(config, text.encode())
        return config

    async def _spawn(self) -> Process:
        """Start nginx as the user that may leave, without any right."""
        return await asyncio.create_subprocess_exec(
            *("setpriv", "--reuid=egress", "--regid=egress", "--clear-groups"),
            *("--inh-caps=-all", "--no-new-privs", "--"),
            *("nginx", "-e", "stderr", "-c", self._render()),
            start_new_session=True,
            pass_fds=[found.fileno() for found in self._sockets],
            env=nginx.inherit(self._sockets),
        )

    def _is_allowed(self, name: str) -> bool:
        return self.wanted.is_allowed(name)  # as it is when the name is asked for
