"""The Hub's part of the egress lock: the SNI proxy, names, and what was refused."""

from __future__ import annotations

import asyncio
import os
import pwd
import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined
from prometheus_client import Counter, Gauge

from classroom import files, settings
from classroom.egress import lock as locks
from classroom.egress import nflog
from classroom.egress.lock import Kind, Lock
from classroom.egress.nflog import Count, Refused
from classroom.egress.refusals import Refusals
from classroom.egress.resolv import HUB_DOOR, STUDENTS_DOOR
from classroom.hub import keeper, names
from classroom.hub.keeper import Keeper
from classroom.hub.saved import at_next_start, watch

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Coroutine
    from logging import Logger

    from classroom.egress.wanted import Wanted
    from classroom.settings import Settings

HTTPS = 443
READ_SECONDS = 0.5
READ_AT_MOST = 64
"""Messages of the kernel's at a time: a flood of refused packets must not keep the Hub busy."""

PACKETS = Counter(
    "classroom_egress_refused_packets", "Packets that the egress lock refused", ["direction"]
)
NAMES = Counter("classroom_egress_refused_names", "Names that the egress lock didn't resolve")
HOLDS = Gauge("classroom_egress_lock", "Which egress lock holds", ["kind"])


def render(template: str, folder: Path, lock: Lock, wanted: Wanted) -> str:
    """Render the proxy's configuration.

    Args:
        template: text of nginx/egress.conf.
        folder: where it keeps its pid.
        lock: whom it asks for names.
        wanted: what may be reached.
    """
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 (it isn't HTML; hosts are checked when they are read)
    )
    return environment.from_string(template).render(
        folder=folder,
        resolvers=lock.nameservers,
        ipv6=lock.ipv6,
        hub=wanted.hub,
        allow=wanted.allow,
    )


def who(uid: int | None) -> str:
    """Name the user that sent a packet; "" for the kernel and the network."""
    if uid is None:
        return ""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def where(found: Refused) -> str:
    """Word where a refused packet was going."""
    address = f"[{found.address}]" if ":" in found.address and found.port else found.address
    port = f":{found.port}" if found.port else ""
    prefix = "from outside: " if found.direction == "in" else ""
    return f"{prefix}{found.protocol} {address}{port}"


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
        self.refusals = Refusals()
        self._written = ""
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
        HOLDS.labels(self.lock.kind.value).set(1)
        self._write_report()
        self._watch(
            watch(
                self.paths.config_file,
                lambda: settings.load(self.paths, os.environ),
                lambda saved: self.follow(saved, log),
                log,
            ),
            log,
        )
        if self.lock.kind is not Kind.NFTABLES:
            return
        self._sockets = self._sockets or tuple(
            keeper.listen(door, HTTPS) for door in (HUB_DOOR, STUDENTS_DOOR)
        )
        self._keeper = Keeper("The egress proxy", self._spawn, log)
        await self._keeper.start()
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(
            lambda: names.Names(self._is_allowed, self._refused_name),
            sock=names.listen(),
        )
        kernel = socket.socket(fileno=self.lock.refusals)
        kernel.settimeout(0)
        self._watch(self._listen(kernel, log), log)

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
        log.info("Egress lock: %s", locks.describe(self.lock.kind, self.wanted))
        self._write_report()

    def _render(self) -> Path:
        package = Path(__file__).parent.parent
        template = (package / "nginx/egress.conf").read_text(encoding="utf-8")
        config = self.paths.egress / "egress.conf"
        config.write_text(
            render(template, self.paths.egress, self.lock, self.wanted), encoding="utf-8"
        )
        return config

    async def _spawn(self) -> Process:
        """Start nginx as the user that may leave, without any right."""
        return await asyncio.create_subprocess_exec(
            *("setpriv", "--reuid=egress", "--regid=egress", "--clear-groups"),
            *("--inh-caps=-all", "--no-new-privs", "--"),
            *("nginx", "-e", "stderr", "-c", self._render()),
            start_new_session=True,
            pass_fds=[found.fileno() for found in self._sockets],
            env=keeper.inherit(self._sockets),
        )

    def _is_allowed(self, name: str) -> bool:
        return self.wanted.is_allowed(name)  # as it is when the name is asked for

    def _refused_name(self, name: str) -> None:
        self.refusals.names += 1
        NAMES.inc()
        self.refusals.note("", f"name {name}", time.time())

    async def _listen(self, kernel: socket.socket, log: Logger) -> None:
        """Keep account of what the kernel refuses, at a pace of our own."""
        while True:
            for _ in range(READ_AT_MOST):
                try:
                    data = kernel.recv(65536)
                except BlockingIOError:
                    break
                except OSError:  # ENOBUFS: some didn't fit; the next one's number counts them
                    continue
                for found in nflog.parse(data):
                    self._account(found)
            if line := self.refusals.line(time.time()):
                log.info("Egress lock: %s", line)
            self._write_report()
            await asyncio.sleep(READ_SECONDS)

    def _account(self, found: Refused | Count) -> None:
        if isinstance(found, Refused):
            self.refusals.note(who(found.uid), where(found), time.time())
            return
        direction = "in" if found.group == nflog.IN else "out"
        new = (found.packets - self.refusals.packets[direction]) % 2**32
        self.refusals.packets[direction] += new
        PACKETS.labels(direction).inc(new)

    def _write_report(self) -> None:
        """Leave word for ``classroom egress``, when there is anything new."""
        text = self.refusals.as_json(
            locks.describe(self.lock.kind, self.wanted),
            counted=self.lock.kind is Kind.NFTABLES,
        )
        if text != self._written:
            self._written = text
            report = self.paths.egress / "report.json"
            files.write_private(report, text.encode())
            report.chmod(0o644)  # its directory says who may
