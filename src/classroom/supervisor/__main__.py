"""Start all parts, keep them running, and end them in order; it is tini's child, and runs as root.

`classroom.boot` runs it as ``python -I -m classroom.supervisor``. No part is another part's child:
if one dies, only that one restarts, and the others go on.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys

from classroom.egress import detect
from classroom.egress import lock as locks
from classroom.egress.lock import LockKind
from classroom.egress.resolv import HUB_DOOR, STUDENTS_DOOR, TUNNEL_DOOR
from classroom.front import challenges
from classroom.runtime import background_tasks, credentials, handover, log, volume_reserve, words
from classroom.runtime.handover import Handover
from classroom.runtime.log import LOG
from classroom.runtime.paths import HTTP_PORT, PORT, Paths
from classroom.supervisor import process, services
from classroom.supervisor.carrying import Carrying
from classroom.supervisor.labs import Labs
from classroom.supervisor.labs_door import LabsDoor
from classroom.supervisor.process import Keeper

HTTPS, DNS = 443, 53
RESERVE_SECONDS = 5.0
"""The interval of checks that the volume's reserve exists."""


class Supervisor:
    """All keepers, by the names that the Hub uses."""

    def __init__(self, paths: Paths) -> None:
        """Open the sockets that must stay open while parts restart."""
        lock = locks.read(paths)
        own = dict(os.environ)  # it may contain the tutor's secrets, which only the Hub gets
        given = ("PATH", "LANG", "TZ", words.VARIABLE)
        base: dict[str, str] = {name: own[name] for name in given if name in own}
        self._ended = asyncio.Event()
        self._reserve = paths.reserve
        self.code = 0
        addresses = ["0.0.0.0", "::"] if detect.has_ipv6() else ["0.0.0.0"]  # noqa: S104 (it is the front)
        ports = (PORT, HTTP_PORT) if challenges.read(paths.front).thumbprint else (PORT,)
        self._sockets = [process.listen(one, port) for port in ports for one in addresses]
        self._sockets.append(process.listen_locally(paths.front_alive))
        fronts = tuple(one.fileno() for one in self._sockets)
        self._control, told = os.pipe()
        os.set_blocking(self._control, False)
        named = -1
        doors: tuple[int, ...] = ()
        carried: dict[str, int] = {}
        if lock.kind is LockKind.NFTABLES:
            opened = [process.listen(door, HTTPS) for door in (HUB_DOOR, STUDENTS_DOOR)]
            opened.append(process.listen_locally(paths.egress_alive))
            doors = tuple(one.fileno() for one in opened)
            asked = process.listen_for_datagrams(STUDENTS_DOOR, DNS)
            named = asked.fileno()
            door = process.listen(TUNNEL_DOOR, HTTPS)
            carried = {"services": door.fileno()}
            self._sockets += [*opened, asked, door]
        elif paths.tunnel_orders.exists():
            # Without the rules there is no egress proxy: the Hub uses only the tunnel.
            door = process.listen(HUB_DOOR, HTTPS)
            carried = {"hub": door.fileno()}
            self._sockets.append(door)
        self._tunnel_orders = paths.tunnel_orders
        known_by = credentials.make(paths.hub)
        # Only if there are labs besides the class: boot has made their folder then.
        labs = paths.labs_run.exists()
        handed = Handover(
            *(told, named, lock.refusals, known_by.token, known_by.lab_id),
            secrets.token_hex(32) if labs else "",
        )
        handover.write(paths, handed)
        parts = {
            handover.FRONT: services.front(paths, base, fronts),
            **({handover.EGRESS: services.proxy(paths, base, doors)} if doors else {}),
            **({handover.TUNNEL: services.tunnel(paths, base, **carried)} if carried else {}),
            "launcher": services.launcher(paths, base, lock.kind, labs=labs),
            "hub": services.hub(paths, own, handed.descriptors),
            "lab": services.lab(paths, base, lock.kind, credentials.hand(known_by)),
            "snapshots": services.snapshots(paths, base),
        }
        self._labs = Labs(paths, base, lock.kind, known_by)
        # Also if there is only the class: people give each other copies there.
        self._door = LabsDoor(paths, self._labs, Carrying(paths, base, self._labs))
        self._keepers = {
            name: Keeper(child, LOG, self._fail if child.vital else self._do_without)
            for name, child in parts.items()
        }

    async def run(self) -> None:
        """Start all, and return when all has ended."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ended.set)
        loop.add_reader(self._control, self._reload)
        background_tasks.start(self._hold_reserve(), "Holding the volume's reserve", LOG)
        what = "Starting and stopping labs"
        background_tasks.start(self._door.serve(), what, LOG, self._fail)
        starting = {
            asyncio.create_task(one.start()): one
            for name, one in self._keepers.items()
            if name != handover.TUNNEL or self._tunnel_orders.exists()
        }
        ended = asyncio.create_task(self._ended.wait())
        for task, one in starting.items():
            await asyncio.wait({task, ended}, return_when=asyncio.FIRST_COMPLETED)
            if task.done() and (error := task.exception()) is not None:
                LOG.critical("%s is not started: %s", one.name, error)
                one.give_up()
        await ended
        for task in starting:
            task.cancel()
        await self._stop()

    async def _stop(self) -> None:
        """End the labs first: they save open documents, and the Hub must still know their owners.

        The last snapshot is made afterwards, with the saved documents.
        """
        await asyncio.gather(self._keepers.pop("lab").stop(), self._labs.stop_all())
        await asyncio.gather(*(one.stop() for one in self._keepers.values()))

    async def _hold_reserve(self) -> None:
        """Make the volume's reserve, also after somebody has deleted files on a full volume."""
        complaint = ""
        while not self._ended.is_set():
            try:
                if await asyncio.to_thread(volume_reserve.hold, self._reserve):
                    LOG.info("The last megabytes of the volume are kept free for a start")
                complaint = ""
            except OSError as error:
                if str(error) != complaint:  # said once
                    complaint = str(error)
                    LOG.warning("The volume's reserve can't be held: %s", error)
            await asyncio.sleep(RESERVE_SECONDS)

    def _fail(self) -> None:
        """End all parts, so that Docker restarts the container."""
        self.code = 1
        self._ended.set()

    @staticmethod
    def _do_without() -> None:
        LOG.critical("The lab goes on without it until the next start")

    def _reload(self) -> None:
        """Reload the parts that the Hub names."""
        for name in os.read(self._control, 4096).decode().split():
            keeper = self._keepers[name]
            if keeper.is_begun:
                keeper.reload()
            else:
                what = f"Starting {keeper.name}"
                background_tasks.start(keeper.start(), what, LOG, self._fail)


async def supervise() -> int:
    """Keep all parts running until a signal to end; return the container's exit code."""
    supervisor = Supervisor(Paths())
    await supervisor.run()
    return supervisor.code


def main() -> int:
    """Run until the end."""
    log.begin()
    return asyncio.run(supervise())


if __name__ == "__main__":
    sys.exit(main())
