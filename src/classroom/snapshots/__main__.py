"""Make snapshots at an interval, and answer the lab server's requests about them.

Run as root, ``python -I -m classroom.snapshots``, confined by the prefix that
`classroom.sandbox.filesystem` builds: without the prefix it reads no files. On SIGTERM it makes a
last snapshot and ends. It logs a failure in one line, and tries again after the interval: a lab
without snapshots is better than no lab.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from argparse import ArgumentParser, Namespace
from contextlib import suppress
from typing import TYPE_CHECKING

from classroom.runtime import lab_users, log
from classroom.runtime.ipc.server import serve
from classroom.runtime.paths import own
from classroom.sandbox import filesystem
from classroom.snapshots import mounts, schedule
from classroom.snapshots.api import ALIVE, handlers
from classroom.snapshots.records import Why
from classroom.snapshots.repository import DiskFullError, Repository
from classroom.snapshots.runner import ResticError

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths

FIRST_SECONDS = 60
"""The first snapshot comes no later, so that a lab that runs only for short times has some, too."""
LAST_SECONDS = 5
"""How long the last snapshot may take: Docker kills the container after ten seconds."""
LOG = logging.getLogger("classroom.snapshots")


class Taker:
    """Makes snapshots, and logs each problem once."""

    def __init__(self, repository: Repository) -> None:
        """Begin without a problem.

        Args:
            repository: the repository of the snapshots.
        """
        self._repository = repository
        self._trouble = ""

    async def take(self, why: Why, *, politely: bool = True) -> None:
        """Make a snapshot, or log why not."""
        trouble = ""
        try:
            made = await self._repository.take(why, politely=politely)
        except DiskFullError as error:
            trouble = f"No snapshot: {error}"
        except (ResticError, OSError, ValueError) as error:
            trouble = f"No snapshot could be made: {error}"
        else:
            if made is not None:
                LOG.info("Snapshot %s of %d files", made.id, made.files)
        if trouble and trouble != self._trouble:
            LOG.error("%s. Retrying.", trouble)
        self._trouble = trouble

    async def go_on(self, interval: float) -> None:
        """Make a snapshot after each interval, without end.

        Args:
            interval: the interval in seconds; 0 for no snapshots.
        """
        if not interval:
            await asyncio.Event().wait()
        pause = min(interval, FIRST_SECONDS)
        while True:
            await asyncio.sleep(pause)
            await self.take(Why.BEAT)
            pause = interval


async def run(paths: Paths, excluded: list[str], interval: float, given: Namespace) -> None:
    """Serve until SIGTERM, then make the last snapshot.

    Args:
        paths: the lab's paths.
        excluded: absolute paths that are not the class's.
        interval: seconds between snapshots.
        given: the result of `arguments`.
    """
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    repository = Repository(paths, excluded, LOG)
    callers = {0, lab_users.server(paths.lab if given.reader is None else given.reader).uid}
    if not filesystem.is_confined():
        # Do not end: the supervisor would start it again, and it would log the same each time.
        LOG.error("No snapshots: this machine's kernel has no Landlock (Linux 5.13 or newer).")
        serve(paths.snapshots_socket, [ALIVE], callers)
        await ended.wait()
        return
    server = serve(paths.snapshots_socket, handlers(repository), callers)
    if given.only_asked:
        await ended.wait()
        server.stop()
        return
    taker = Taker(repository)
    beating = asyncio.create_task(taker.go_on(interval))
    await asyncio.wait(
        {beating, asyncio.create_task(ended.wait())}, return_when=asyncio.FIRST_COMPLETED
    )
    server.stop()
    beating.cancel()
    with suppress(asyncio.CancelledError):
        await beating  # its error ends this process, and the supervisor starts it again
    try:
        async with asyncio.timeout(LAST_SECONDS):
            await taker.take(Why.STOP, politely=False)
    except TimeoutError:
        LOG.warning("The last snapshot took too long: there is no snapshot of this stop")


def arguments() -> Namespace:
    """Read the command line.

    With ``--only-asked`` it makes no snapshots by itself. With ``--reader`` it answers the server
    of another lab instead of its own lab's, for a lab that was deleted.
    """
    parser = ArgumentParser(prog="classroom.snapshots")
    parser.add_argument("--only-asked", action="store_true")
    parser.add_argument("--reader", type=int)
    return parser.parse_args()


def main() -> None:
    """Run until SIGTERM."""
    given = arguments()
    log.quote()
    logging.basicConfig(
        level=logging.INFO,
        format="[%(levelname)1.1s %(asctime)s.%(msecs)03d snapshots] %(message)s",
        datefmt="%Y-%m-%d %H:%M:%S",
    )
    os.umask(0o077)
    paths = own()
    excluded = [str(paths.files / point) for point in mounts.now_below(paths.files)]
    asyncio.run(run(paths, excluded, schedule.read(paths), given))


if __name__ == "__main__":
    main()
