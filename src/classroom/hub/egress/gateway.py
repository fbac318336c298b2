"""The Hub's part of the egress lock: the SNI proxy, DNS answers, and the count of refusals."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classroom.egress import addresses, resolv
from classroom.egress import lock as locks
from classroom.egress.lock import LockKind
from classroom.front import nginx
from classroom.hub.egress import dns, knock
from classroom.hub.egress.accounting import Account
from classroom.hub.reload import at_next_start
from classroom.runtime import files, handover
from classroom.tunnel import orders
from classroom.tunnel.orders import Orders

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from logging import Logger

    from classroom.config.egress_settings import EgressSettings
    from classroom.config.settings import Settings
    from classroom.egress.lock import Lock
    from classroom.runtime.handover import Handover
    from classroom.runtime.paths import Paths


def render(template: str, folder: Path, lock: Lock, wanted: EgressSettings) -> str:
    """Render the proxy's configuration.

    Args:
        template: the text of nginx/egress.conf.
        folder: the folder for its pid file.
        lock: the lock, with the proxy's nameservers.
        wanted: what may be reached.
    """
    return nginx.fill_in(
        template,
        folder=folder,
        resolvers=lock.nameservers,
        ipv6=lock.ipv6,
        hub=wanted.hub,
        allow=wanted.allow,
        tunnel=folder / "tunnel" if wanted.upstream is not None else "",
    )


def orders_of(lock: Lock, wanted: EgressSettings) -> Orders:
    """Return the tunnel's orders; the arguments are those of `render`."""
    ruled = lock.kind is LockKind.NFTABLES
    return Orders.of(wanted, lock.nameservers, ipv6=lock.ipv6, ruled=ruled)


def install(paths: Paths, lock: Lock, wanted: EgressSettings) -> None:
    """Write the proxy's configuration, and the tunnel's; the arguments are those of `render`.

    Args:
        paths: where things are.
        lock: the lock that the start has taken.
        wanted: what may be reached.
    """
    found = orders_of(lock, wanted)
    if found.is_needed or paths.tunnel_orders.exists():
        orders.write(paths.tunnel_orders, found)
    if lock.kind is not LockKind.NFTABLES:
        return
    template = (Path(__file__).parents[2] / "nginx/egress.conf").read_text(encoding="utf-8")
    text = render(template, paths.egress, lock, wanted)
    files.write_for(paths.egress / "egress.conf", text.encode())


def login_of(wanted: EgressSettings) -> str:
    """Return the login for the school's proxy; "" for none."""
    return wanted.upstream.login.reveal() if wanted.upstream is not None else ""


class Egress:
    """Answer DNS queries and count refusals for as long as the lock holds."""

    def __init__(self, loaded: Settings, lock: Lock, handed: Handover) -> None:
        """Remember the lock.

        Args:
            loaded: the settings, checked.
            lock: the lock that the start has taken.
            handed: how to reach the supervisor.
        """
        self._handed = handed
        self.paths = loaded.paths
        self.wanted = loaded.egress
        self.lock = lock
        self._account = Account(self.paths.egress / "report.json", lock.kind)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, log: Logger) -> None:
        """Start to answer queries and to read the kernel's reports.

        Args:
            log: the log for refusals.
        """
        self._describe()
        if self.lock.kind is not LockKind.NFTABLES:
            return
        loop = asyncio.get_running_loop()
        asked = socket.socket(fileno=self._handed.names)
        asked.settimeout(0)
        await loop.create_datagram_endpoint(
            lambda: dns.DnsResponder(self._address_of, self._account.refused_name), sock=asked
        )
        kernel = socket.socket(fileno=self.lock.refusals)
        kernel.settimeout(0)
        self._watch(self._account.follow(kernel, log), log)
        self._watch(knock.keep_open(lambda: self.wanted), log)

    def _watch(self, work: Coroutine[Any, Any, None], log: Logger) -> None:
        """Run a task for as long as the lock holds, and log if it ends."""

        def report(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                text = "Egress monitoring stopped (the lock itself is still in force): %s"
                log.critical(text, error, exc_info=error)

        task = asyncio.create_task(work)
        task.add_done_callback(report)
        self._tasks.append(task)

    async def stop(self) -> None:
        """Stop listening."""
        for task in self._tasks:
            task.cancel()

    def follow(self, saved: Settings, log: Logger) -> None:
        """Apply saved settings, as far as this is possible without a restart.

        Args:
            saved: the new settings, checked.
            log: the log for what has changed, and what waits.
        """
        waiting = at_next_start(self.wanted, saved.egress, self.lock.kind)
        if waiting:
            log.warning("These changes take effect at the next start: %s", ", ".join(waiting))
        held, login = self.wanted, login_of(self.wanted)
        # Only these settings change; those that wait stay as they are.
        if self.lock.kind is LockKind.NFTABLES:
            now = saved.egress
            self.wanted = replace(self.wanted, allow=now.allow, endpoints=now.endpoints)
        if saved.egress.upstream == self.wanted.upstream:
            self.wanted = replace(self.wanted, upstream=saved.egress.upstream)  # the login
        if self.wanted == held and login_of(self.wanted) == login:
            return
        install(self.paths, self.lock, self.wanted)
        if self.lock.kind is LockKind.NFTABLES:
            knock.knock(addresses.opened(self.wanted))
            self._handed.reload(handover.EGRESS)
        if self.paths.tunnel_orders.exists():
            self._handed.reload(handover.TUNNEL)
        log.info("Egress lock: %s", self._describe())

    def _describe(self) -> str:
        words = locks.describe(self.lock.kind, self.wanted)
        self._account.describe(words, addresses.of_services(self.wanted))
        return words

    def _address_of(self, name: str) -> str:
        return resolv.answer_for(self.wanted, name)  # as it is when the name is asked for
