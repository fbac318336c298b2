"""All links by which somebody gives a copy."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classroom.hub.copies import copy_links, environment, kept_copies
from classroom.hub.copies.copy_links import NotMadeError
from classroom.hub.copies.lab_access import LabAccess
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from classroom.hub.access.service import Access
    from classroom.hub.copies.copy_links import CopyLink, WantedCopies
    from classroom.hub.copies.environment import Differences, Environment
    from classroom.hub.copies.kept_copies import KeptCopies
    from classroom.hub.copies.lab_access import KnownLab
    from classroom.hub.labs.service import PersonalLabs
    from classroom.runtime.paths import Paths

LOG = logging.getLogger("classroom.copies")
COPIES = "classroom_copies"
"""Where the Hub's settings have the `GivenCopies`."""
FILE = "copies.json"
"""Below the Hub's folder on the volume."""
ROOT = Path("/")
MOST_LINKS_OF_A_PERSON = 50
LOOK_SECONDS, AGAIN_SECONDS = 60.0, 1.0
"""How often what is over is forgotten; after how long what could not be written is tried again."""
TOO_MANY = gettext_noop(
    "You have made {most} links to copies that still work: take one back on the page My links."
)


class GivenCopies:
    """All of them. One event loop's."""

    def __init__(self, paths: Paths) -> None:
        """Read what was kept.

        Args:
            paths: where things are.

        Raises:
            StartRefusedError: what was kept is damaged.
        """
        self.paths, self._file = paths, paths.hub / FILE
        self._kept = self._written = kept_copies.COPIES.read(self._file)
        self._labs: LabAccess | None = None
        self._now: Environment | None = None

    def __deepcopy__(self, _: Any) -> GivenCopies:
        """Return this object: traitlets copies values of a configuration, but there must be one."""
        return self

    def begin(self, app: Any, access: Access, labs: PersonalLabs | None) -> None:
        """Take over the Hub that runs, before it listens.

        Args:
            app: the Hub.
            access: who may be in.
            labs: those besides the class; None where there can be none.
        """
        self._labs = LabAccess(access, labs)
        app.tornado_application.settings[COPIES] = self

    async def follow(self) -> None:
        """Forget what is over, and write what could not be written, while the Hub runs."""
        while True:
            try:
                alive = tuple(self.alive())
                if alive != self._kept.links:
                    self._hold(self._kept.with_links(alive, None))
            except Exception:  # a locked database: it may pass
                LOG.exception("Links to copies could not be looked through")
            is_written = self._kept == self._written or self._hold(self._kept)
            await asyncio.sleep(LOOK_SECONDS if is_written else AGAIN_SECONDS)

    @property
    def labs(self) -> LabAccess:
        """Who may enter which lab.

        Raises:
            RuntimeError: the Hub has not started yet.
        """
        if self._labs is None:
            raise RuntimeError("the Hub has not started yet")
        return self._labs

    async def environment(self) -> Environment:
        """Return what notebooks run in now: it doesn't change while the container runs."""
        if self._now is None:
            self._now = await asyncio.to_thread(environment.look, self.paths.prefix, ROOT)
        return self._now

    def alive(self) -> list[CopyLink]:
        """List the links that are neither over nor of somebody who is gone."""
        return copy_links.alive(self._kept.links, self.labs.accounts(), time.time())

    def of_maker(self, name: str) -> list[CopyLink]:
        """List somebody's links, the newest first.

        Args:
            name: theirs.
        """
        return copy_links.of_maker(self.alive(), name)

    def source(self, link: CopyLink) -> KnownLab | None:
        """Return the lab that a link's file is in; None if its maker may not enter it any more.

        Args:
            link: one that is alive.
        """
        lab = self.labs.of_number(link.lab)
        return lab if lab is not None and self.labs.may_enter(link.maker, lab) else None

    def find(self, code: str) -> CopyLink | None:
        """Return the link that somebody has shown; None if it is wrong, over or dead.

        Args:
            code: in it.
        """
        link = copy_links.find(self._kept.links, code)
        if link is None or not copy_links.alive([link], self.labs.accounts(), time.time()):
            return None
        return link if self.source(link) is not None else None

    async def make(self, name: str, lab: KnownLab, wanted: WantedCopies) -> str:
        """Make a link; return the code in it, which is not kept.

        Args:
            name: who makes it.
            lab: that the file is in.
            wanted: what it is to be.

        Raises:
            NotMadeError: there are too many, or nobody may be in by that name.
            OSError: it can't be kept; there is no link then.
        """
        now = await self.environment()
        account = self.labs.accounts().get(name)
        if account is None or len(self.of_maker(name)) >= MOST_LINKS_OF_A_PERSON:
            raise NotMadeError(gettext(TOO_MANY).format(most=MOST_LINKS_OF_A_PERSON))
        link, code = copy_links.made(wanted, (name, account), lab.number, now.id, time.time())
        self._keep(self._kept.with_links((*self.alive(), link), now))
        return code

    def count(self, link: CopyLink) -> None:
        """Count a copy that was made; on a full disk that is written later.

        Args:
            link: by which.
        """
        links = tuple(one.counted() if one.key == link.key else one for one in self._kept.links)
        self._hold(self._kept.with_links(links, None))

    def take_back(self, name: str, key: str) -> bool:
        """Have a link of somebody's give no copy any more; on a full disk it is written later.

        Args:
            name: theirs.
            key: the link's.

        Returns:
            Whether there was one.
        """
        left = tuple(one for one in self._kept.links if (one.maker, one.key) != (name, key))
        is_there = left != self._kept.links
        self._hold(self._kept.with_links(left, None))
        return is_there

    async def differences(self, link: CopyLink) -> Differences:
        """Say what is another than when a link was made.

        Args:
            link: which.
        """
        now = await self.environment()
        return environment.compare(self._kept.environment(link.environment), now, link.kernel)

    def _hold(self, kept: KeptCopies) -> bool:
        """Hold to something from now on, and write it as soon as that can be done."""
        self._kept = kept
        try:
            self._keep(kept)
        except OSError as error:
            LOG.warning("Links to copies are not written down yet: %s", error)
        return self._kept == self._written

    def _keep(self, kept: KeptCopies) -> None:
        if kept != self._written:
            kept_copies.COPIES.write(self._file, kept)
        self._kept = self._written = kept
