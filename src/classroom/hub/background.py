"""The Hub's background work, besides answering requests.

It answers DNS queries of students' programs, reads which packets the kernel has refused (both for
the egress lock), and watches the certificate and the tutor's configuration.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from traitlets import Instance
from traitlets.config import LoggingConfigurable

from classroom.config import labs, last_good, settings
from classroom.egress.lock import LockKind
from classroom.front import certificate
from classroom.hub.access.service import Access
from classroom.hub.copies.service import GivenCopies
from classroom.hub.egress.gateway import Egress
from classroom.hub.labs import idle
from classroom.hub.labs.lab_rooms import LabRooms
from classroom.hub.labs.service import PersonalLabs
from classroom.hub.own_certificate import OwnCertificate
from classroom.hub.reload import watch
from classroom.hub.sharing.service import Shares
from classroom.runtime.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from jupyterhub.app import JupyterHub

    from classroom.config.settings import Settings


class Background(LoggingConfigurable):
    """The Hub's background work. On its event loop."""

    paths = Instance(Paths, args=())
    own_certificate = Instance(
        OwnCertificate, allow_none=True, help="The certificate that the lab gets by itself."
    ).tag(config=True)
    egress = Instance(Egress, allow_none=True, help="The egress lock's part.").tag(config=True)
    access = Instance(Access, allow_none=True, help="Who may be in, as it changes.").tag(
        config=True
    )

    labs = Instance(PersonalLabs, allow_none=True, help="Labs besides the class.").tag(config=True)
    rooms = Instance(LabRooms, allow_none=True, help="Which of them are rooms.").tag(config=True)
    shares = Instance(Shares, allow_none=True, help="With whom labs are shared.").tag(config=True)
    copies = Instance(GivenCopies, allow_none=True, help="What people give copies of.").tag(
        config=True
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._watchers: list[asyncio.Task[None]] = []

    async def start(self, app: JupyterHub, reload_front: Callable[[], Awaitable[None]]) -> None:
        """Start the background work, before the Hub listens.

        Args:
            app: the Hub, its database open.
            reload_front: makes nginx read its configuration and certificate again.
        """
        if self.egress is not None:
            await self.egress.start(self.log)
        if self.access is not None:
            await self.access.start(app)
        if self.labs is not None:
            self.labs.begin(app)
            if self.rooms is not None and self.access is not None:
                await self.rooms.begin(self.access)
            if self.shares is not None and self.access is not None:
                self.shares.begin(app, self.access)
                self._watch("labs that are shared", self.shares.follow())
            self._watch("labs that nobody uses", idle.watch(app, self.labs))
        if self.copies is not None and self.access is not None:
            self.copies.begin(app, self.access, self.labs)
            self._watch("links to copies", self.copies.follow())
        self._watch(
            "certificate",
            certificate.watch(self.paths.secrets, self.paths.front, reload_front, self.log),
        )
        if self.own_certificate is not None:
            self._watch(
                "certificate that the lab gets by itself",
                self.own_certificate.follow(reload_front, self.log),
            )
        self._watch(
            "configuration",
            watch(
                self.paths.config_file,
                lambda: settings.load(self.paths, os.environ),
                self._follow,
                self.log,
                self.access.students_file if self.access is not None else "",
            ),
        )

    def _watch(self, what: str, work: Coroutine[Any, Any, None]) -> None:
        """Run a task for as long as the Hub runs, and log if it ends."""

        def report(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                self.log.critical("Watching the %s stopped: %s", what, error, exc_info=error)

        task = asyncio.create_task(work)
        task.add_done_callback(report)
        self._watchers.append(task)

    async def _follow(self, saved: Settings) -> None:
        """Apply a saved configuration, as far as this is possible without a restart.

        Raises:
            StartRefusedError: the next start would refuse it.
        """
        is_first = self.labs is None or not self.labs.has_any
        if saved.has_labs and is_first:
            labs.check_kernel()
        last_good.keep(saved)
        if self.egress is not None:
            self.egress.follow(saved, self.log)
        if self.access is not None:
            await self.access.follow(saved)
        if self.rooms is not None:
            await self.rooms.follow(saved)
            if saved.has_labs and is_first:
                is_open = self.egress is not None and self.egress.lock.kind is LockKind.OPEN
                for sentence in labs.warnings(is_open=is_open):
                    self.log.warning(sentence)

    async def stop(self) -> None:
        """End all background work."""
        for task in self._watchers:
            task.cancel()
        if self.egress is not None:
            await self.egress.stop()
