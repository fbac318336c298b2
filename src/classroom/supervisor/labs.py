"""Start and stop the servers of labs other than the class for the Hub, and keep them running.

If a lab can't be kept running, only that lab ends. Its people can start it again, or read why it
does not start.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from classroom.runtime import background_tasks, credentials, lab_users, layout, user_names
from classroom.runtime.log import LOG
from classroom.supervisor import lab_removal, process, services
from classroom.supervisor.process import Keeper

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.egress.lock import LockKind
    from classroom.runtime.credentials import Secrets
    from classroom.runtime.paths import Paths
    from classroom.supervisor.hub_access import HubAccess

STARTING_AT_ONCE = max(2, os.cpu_count() or 1)
"""The number of labs that start at the same time; others wait. A class opens all labs at the
beginning of a lesson: if all started together, all would be ready only at the end."""
TEMPLATE = lab_users.LAST
"""The number that stands for each lab's number in the file `Paths.labs_config`."""


@dataclass
class RunningLab:
    """A lab's server that runs or starts.

    Attributes:
        keeper: keeps it running.
        snapshots: keeps the lab's snapshot service running.
        secrets: the descriptor of its secrets.
        is_stopped: whether the server has been stopped.
    """

    keeper: Keeper
    snapshots: Keeper
    secrets: int = field(repr=False)
    is_stopped: bool = False

    async def stop(self) -> None:
        """Stop the server, which saves open documents; then make the last snapshot."""
        await self.keeper.stop()
        self.is_stopped = True
        await self.snapshots.stop()


class Labs:
    """All labs but the class. For one event loop."""

    def __init__(
        self, paths: Paths, base: Mapping[str, str], kind: LockKind, known_by: Secrets
    ) -> None:
        """Begin without running labs.

        Args:
            paths: the container's paths.
            base: the environment to extend.
            kind: the kind of the egress lock.
            known_by: the class's secrets, from which each lab's secrets are made.
        """
        self._paths, self._kind, self._known_by = paths, kind, known_by
        self._base = {**base, credentials.LAB_ID: known_by.lab_id}
        self._running: dict[int, RunningLab] = {}
        self._turns: dict[int, asyncio.Lock] = {}
        self._removed: set[int] = set()
        self._starting = asyncio.Semaphore(STARTING_AT_ONCE)

    @property
    def running(self) -> list[int]:
        """The numbers of running labs, without labs that only make their last snapshot."""
        return sorted(lab for lab, one in self._running.items() if not one.is_stopped)

    async def start(self, lab: int, token: str, hub: HubAccess) -> None:
        """Start a lab's server, unless it runs.

        Args:
            lab: the lab's number.
            token: the server's token for the Hub.
            hub: the server as the Hub knows it.

        Raises:
            RuntimeError: the server ended.
            TimeoutError: it did not serve in time.
            ValueError: the lab has been deleted.
            StartRefusedError: its folders can't be made.
            OSError: its folders or files can't be made.
        """
        async with self._turn(lab):
            if lab in self._running:
                return
            self._check(lab)
            paths = self._paths.of_lab(lab)
            layout.ensure(layout.plan_lab(paths))
            self._tell(paths)
            self._name(paths)
            secrets = credentials.hand(self._known_by.of_lab(lab, token))
            child = services.lab(paths, self._base, self._kind, secrets, hub)
            keeper = Keeper(child, LOG, lambda: self._give_up(lab))
            copier = Keeper(services.snapshots(paths, self._base), LOG, self._do_without)
            self._running[lab] = RunningLab(keeper, copier, secrets)
            try:
                async with self._starting:
                    await keeper.start()
            except BaseException:
                self._forget(lab)
                raise
            LOG.info("%s runs", child.name)
            # People who wait for the lab need not wait for its snapshots.
            background_tasks.start(self._begin(copier), f"Starting {copier.name}", LOG)

    async def ensure(self, lab: int) -> None:
        """Make the folders of a lab that nobody has opened yet, without a start.

        Args:
            lab: the lab's number.

        Raises:
            ValueError: it has been deleted.
            StartRefusedError: the folders can't be made.
            OSError: the folders can't be made.
        """
        async with self._turn(lab):
            self._check(lab)
            paths = self._paths.of_lab(lab)
            if not paths.files.is_dir():
                layout.ensure(layout.plan_lab(paths))

    async def stop(self, lab: int) -> None:
        """Stop a lab's server, then all processes of its code.

        Args:
            lab: the lab's number.
        """
        async with self._turn(lab):
            await self._stop(lab)

    async def keep(self, lab: int) -> None:
        """Stop a lab and make its last snapshot, before its deletion.

        Args:
            lab: the lab's number.

        Raises:
            RuntimeError: it can't be made.
            TimeoutError: it can't be made in time.
            StartRefusedError: it can't be made.
            OSError: it can't be made.
        """
        async with self._turn(lab):
            await self._stop(lab)
            paths = self._paths.of_lab(lab)
            if not paths.files.is_dir():
                return  # nobody has ever opened it
            layout.ensure(layout.plan_lab(paths))
            child = services.snapshots(paths, self._base, only_asked=True)
            copier = Keeper(child, LOG, self._do_without)
            try:
                await copier.start()
                await lab_removal.keep(paths)
            finally:
                await copier.stop()

    async def remove(self, lab: int) -> None:
        """Remove all files of a lab but its snapshots; it never runs again.

        Args:
            lab: its number, which belongs to nobody any more.

        Raises:
            RuntimeError: a file is left.
            OSError: a file can't be removed.
        """
        async with self._turn(lab):
            await self._stop(lab)
            self._removed.add(lab)
            await asyncio.to_thread(lab_removal.remove, self._paths.of_lab(lab))
            LOG.info("Lab %d is removed; its snapshots are kept", lab)

    async def _stop(self, lab: int) -> None:
        if (found := self._running.get(lab)) is not None:
            await found.stop()
            self._forget(lab)
            LOG.info("%s has stopped", found.keeper.name)
        code = lab_users.code(lab)
        await process.run_before(services.ending(code))
        await process.run_before(services.emptying(code))

    def _check(self, lab: int) -> None:
        if lab in self._removed:
            raise ValueError(f"lab {lab} has been deleted")

    async def stop_all(self) -> None:
        """Stop all servers; the processes of their code end with the launcher."""
        await asyncio.gather(*(one.stop() for one in list(self._running.values())))

    def _give_up(self, lab: int) -> None:
        """Stop the rest of a lab whose server can't be kept running."""
        background_tasks.start(self.stop(lab), f"Stopping lab {lab}", LOG)

    @staticmethod
    async def _begin(keeper: Keeper) -> None:
        try:
            await keeper.start()
        except (RuntimeError, TimeoutError, OSError) as error:
            LOG.error("%s is not started: %s", keeper.name, error)

    @staticmethod
    def _do_without() -> None:
        LOG.critical("A lab goes on without snapshots until it is started again")

    def _turn(self, lab: int) -> asyncio.Lock:
        return self._turns.setdefault(lab, asyncio.Lock())

    def _forget(self, lab: int) -> None:
        if (found := self._running.pop(lab, None)) is not None:
            os.close(found.secrets)

    def _tell(self, paths: Paths) -> None:
        """Write the server's configuration, which differs between labs only in a path's number."""
        told = self._paths.labs_config.read_text(encoding="utf-8")
        template = self._paths.of_lab(TEMPLATE)
        for theirs, own in ((template.lab_data, paths.lab_data), (template.lab_run, paths.lab_run)):
            told = told.replace(f'"{theirs}/', f'"{own}/')
        told = told.replace(f" lab {TEMPLATE}]", f" lab {paths.lab}]")  # in its log's lines
        paths.lab_config.write_text(told, encoding="utf-8")
        os.chown(paths.lab_config, 0, lab_users.server(paths.lab).gid)
        paths.lab_config.chmod(0o640)

    @staticmethod
    def _name(paths: Paths) -> None:
        users = (lab_users.server(paths.lab), lab_users.code(paths.lab))
        try:
            user_names.add(users, paths.files)
        except OSError as error:
            LOG.warning("Lab %d's users have no names: %s", paths.lab, error)
