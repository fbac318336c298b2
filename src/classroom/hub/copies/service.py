"""All links to copies."""

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
"""The key of the `GivenCopies` in the Hub's settings."""
FILE = "copies.json"
"""The file's name in the Hub's folder on the volume."""
ROOT = Path("/")
MOST_LINKS_OF_A_PERSON = 50
LOOK_SECONDS, AGAIN_SECONDS = 60.0, 1.0
"""How often expired links are deleted; how soon a failed write is tried again."""
TOO_MANY = gettext_noop(
    "You have made {most} links to copies that still work: take one back on the page My links."
)


class GivenCopies:
    """All links to copies, for one event loop."""

    def __init__(self, paths: Paths) -> None:
        """Read the stored links.

        Args:
            paths: where things are.

        Raises:
            StartRefusedError: the file is damaged.
        """
        self.paths, self._file = paths, paths.hub / FILE
        self._kept = self._written = kept_copies.COPIES.read(self._file)
        self._labs: LabAccess | None = None
        self._now: Environment | None = None

    def __deepcopy__(self, _: Any) -> GivenCopies:
        """Return this object: traitlets copies values of a configuration, but there must be one."""
        return self

    def begin(self, app: Any, access: Access, labs: PersonalLabs | None) -> None:
        """Connect to the running Hub, before it listens.

        Args:
            app: the Hub.
            access: decides who may be in.
            labs: those besides the class; None if there can be none.
        """
        self._labs = LabAccess(access, labs)
        app.tornado_application.settings[COPIES] = self

    async def follow(self) -> None:
        """Delete expired links, and repeat failed writes, while the Hub runs."""
        while True:
            try:
                alive = tuple(self.alive())
                if alive != self._kept.links:
                    self._hold(self._kept.with_links(alive, None))
            except Exception:  # for example a locked database: try again
                LOG.exception("Links to copies could not be looked through")
            is_written = self._kept == self._written or self._hold(self._kept)
            await asyncio.sleep(LOOK_SECONDS if is_written else AGAIN_SECONDS)

    @property
    def labs(self) -> LabAccess:
        """The decisions about who may enter which lab.

        Raises:
            RuntimeError: the Hub has not started yet.
        """
        if self._labs is None:
            raise RuntimeError("the Hub has not started yet")
        return self._labs

    async def environment(self) -> Environment:
        """Return the present environment, which doesn't change while the container runs."""
        if self._now is None:
            self._now = await asyncio.to_thread(environment.look, self.paths.prefix, ROOT)
        return self._now

    def alive(self) -> list[CopyLink]:
        """List the valid links: not expired, and their makers may still be in."""
        return copy_links.alive(self._kept.links, self.labs.accounts(), time.time())

    def of_maker(self, name: str) -> list[CopyLink]:
        """List somebody's links, the newest first.

        Args:
            name: the person's name.
        """
        return copy_links.of_maker(self.alive(), name)

    def source(self, link: CopyLink) -> KnownLab | None:
        """Return the lab of a link's file; None if the maker may not enter it any more.

        Args:
            link: a valid link.
        """
        lab = self.labs.of_number(link.lab)
        return lab if lab is not None and self.labs.may_enter(link.maker, lab) else None

    def find(self, code: str) -> CopyLink | None:
        """Return the link of a code; None if it is wrong, expired or otherwise invalid.

        Args:
            code: the code in the link.
        """
        link = copy_links.find(self._kept.links, code)
        if link is None or not copy_links.alive([link], self.labs.accounts(), time.time()):
            return None
        return link if self.source(link) is not None else None

    async def make(self, name: str, lab: KnownLab, wanted: WantedCopies) -> str:
        """Make a link; return its code, which is not stored.

        Args:
            name: the maker's name.
            lab: the file's lab.
            wanted: the request.

        Raises:
            NotMadeError: there are too many links, or nobody of that name may be in.
            OSError: it can't be stored; there is no link then.
        """
        now = await self.environment()
        account = self.labs.accounts().get(name)
        if account is None or len(self.of_maker(name)) >= MOST_LINKS_OF_A_PERSON:
            raise NotMadeError(gettext(TOO_MANY).format(most=MOST_LINKS_OF_A_PERSON))
        link, code = copy_links.made(wanted, (name, account), lab.number, now.id, time.time())
        self._keep(self._kept.with_links((*self.alive(), link), now))
        return code

    def count(self, link: CopyLink) -> None:
        """Count a copy that was made; on a full disk the count is written later.

        Args:
            link: the link.
        """
        links = tuple(one.counted() if one.key == link.key else one for one in self._kept.links)
        self._hold(self._kept.with_links(links, None))

    def take_back(self, name: str, key: str) -> bool:
        """Take back a person's link; on a full disk this is written later.

        Args:
            name: the person's name.
            key: the link's key.

        Returns:
            Whether there was such a link.
        """
        left = tuple(one for one in self._kept.links if (one.maker, one.key) != (name, key))
        is_there = left != self._kept.links
        self._hold(self._kept.with_links(left, None))
        return is_there

    async def differences(self, link: CopyLink) -> Differences:
        """Say what has changed since a link was made.

        Args:
            link: the link.
        """
        now = await self.environment()
        return environment.compare(self._kept.environment(link.environment), now, link.kernel)

    def _hold(self, kept: KeptCopies) -> bool:
        """Apply new data at once, and write it as soon as possible."""
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
