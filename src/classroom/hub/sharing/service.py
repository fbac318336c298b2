"""Shared labs: JupyterHub's shares, the data stored beside them, and what labs learn of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from classroom.hub.sharing import grants, kept, link_service, rows
from classroom.hub.sharing.grants import Terms
from classroom.hub.sharing.link_service import Links
from classroom.hub.sharing.links import came_by

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from classroom.hub.access.service import Access
    from classroom.hub.sharing.grants import Pair

LOG = logging.getLogger("classroom.sharing")
SHARES = "classroom_shares"
"""The key of the `Shares` in the Hub's settings."""
FILE = "shares.json"
"""The file's name in the Hub's folder on the volume."""
LOOK_SECONDS = 60.0
"""The longest time between two checks of everything, because a clock may have been set."""
AGAIN_SECONDS = 1.0
"""How soon a failed change is tried again."""


def of_app(app: Any) -> Shares | None:
    """Return the shares; None if there are no labs that could be shared.

    Args:
        app: the Hub.
    """
    found: Shares | None = app.tornado_application.settings.get(SHARES)
    return found


class Shares:
    """All shares. For one event loop."""

    def __init__(self, file: Path) -> None:
        """Read the stored terms.

        Args:
            file: the file of the terms, in a folder that only root can enter.

        Raises:
            StartRefusedError: the file is damaged.
        """
        self._file = file
        self._terms: Mapping[Pair, Terms] = kept.TERMS.read(file)
        self._written: Mapping[Pair, Terms] = self._terms
        self._db: Any = None
        self._access: Access | None = None
        self._changed = asyncio.Event()
        self.links = Links(file.with_name(link_service.FILE))

    def __deepcopy__(self, _: Any) -> Shares:
        """Return this object: traitlets copies values of a configuration, but there must be one."""
        return self

    def begin(self, app: Any, access: Access) -> None:
        """Connect to the running Hub, before it listens, and end shares that are over.

        Args:
            app: the Hub.
            access: informs the labs.
        """
        self._db, self._access = app.db, access
        self.links.begin(app.db)
        app.tornado_application.settings[SHARES] = self
        self._apply()
        rows.hear(self._db, self._changed.set)

    async def follow(self) -> None:
        """Apply each change, also of other code, for as long as the Hub runs."""
        wait = 0.0
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            self._changed.clear()
            try:
                self._apply()
                ends = [grants.next_end(self._terms), self.links.next_end()]
                waits = [end - time.time() for end in ends if end is not None]
                wait = min([LOOK_SECONDS, *waits])
                if self._terms != self._written or not self.links.is_written:
                    wait = AGAIN_SECONDS
            except Exception:  # for example a full disk, or a locked database: try again
                LOG.exception("Who may be in shared labs could not be applied yet; retrying")
                wait = AGAIN_SECONDS

    def listed(self, owner: str) -> list[grants.GuestListing]:
        """List the people with whom a lab is shared, also those who have not signed in yet.

        Args:
            owner: the Hub's name of the lab's owner.
        """
        return grants.listed(owner, rows.read(self._db), self._terms)

    def of(self, owner: str, name: str) -> grants.GuestListing | None:
        """Return the terms of a person's share of a lab; None if it isn't shared with them.

        Args:
            owner: the Hub's name of the lab's owner.
            name: the person's name.
        """
        return next((one for one in self.listed(owner) if one.name == name), None)

    def entering(self, owner: str) -> set[str]:
        """List the names of the people whom JupyterHub admits to a lab through a share.

        Args:
            owner: the Hub's name of the lab's owner.
        """
        return {
            name for (whose, name) in (one.pair for one in rows.read(self._db)) if whose == owner
        }

    def shared_with(self, name: str) -> dict[str, grants.GuestListing]:
        """Return the labs that are shared with a person, by owner.

        Args:
            name: the person's name.
        """
        shares = rows.read(self._db)
        owners = {owner for (owner, guest) in (one.pair for one in shares) if guest == name}
        found = {owner: grants.listed(owner, shares, self._terms) for owner in owners}
        return {owner: one for owner, all_ in found.items() for one in all_ if one.name == name}

    def grant(
        self, owner: str, name: str, role: str, until: float | None, link: str | None = None
    ) -> None:
        """Share a lab with a person, or change the role and the end.

        Args:
            owner: the Hub's name of the lab's owner.
            name: the person's name; they need not have signed in yet.
            role: the person's role.
            until: the end, in seconds since the epoch; None for no end.
            link: the key of the link that they use; None to leave it unchanged.

        Raises:
            OSError: it can't be stored; nothing has changed then.
        """
        known = self.of(owner, name)
        since = known.since if known else time.time()
        before = self._terms.get((owner, name), Terms(role, until, since))
        held = self._terms
        wanted = replace(before, role=role, until=until, link=before.link if link is None else link)
        self._keep({**held, (owner, name): wanted})
        try:
            self._apply()
        except BaseException:
            with contextlib.suppress(OSError):
                self._keep(held)
            self._terms = held
            raise
        self._changed.set()  # it may be the next to end

    def lacks(self, owner: str, name: str, key: str) -> frozenset[str]:
        """Return the scopes that a link gives in JupyterHub and a person's share does not.

        Args:
            owner: the Hub's name of the lab's owner.
            name: the person's name.
            key: the link's key.
        """
        given = self.links.scopes(key) or ()
        return frozenset(given) - rows.scopes_of(self._db, (owner, name))

    def widen(self, owner: str, name: str, scopes: Collection[str]) -> None:
        """Add scopes to a person's share in JupyterHub.

        Args:
            owner: the Hub's name of the lab's owner.
            name: the person's name.
            scopes: the additional scopes.
        """
        rows.make(self._db, (owner, name), sorted(scopes))

    def revoke(self, owner: str, *names: str) -> None:
        """End the shares of a lab with some people.

        Args:
            owner: the Hub's name of the lab's owner.
            names: the people's names.

        Raises:
            OSError: the end of a waiting share can't be stored; nothing has changed then.
        """
        pairs = {(owner, name) for name in names}
        left = {one: terms for one, terms in self._terms.items() if one not in pairs}
        if any(pair in self._terms and not self._terms[pair].key for pair in pairs):
            self._keep(left)
        rows.delete(self._db, pairs)
        self._apply()

    def keep_out(self, owner: str, names: Collection[str]) -> None:
        """Make links refuse some people whose access JupyterHub's API has ended.

        This also ends waiting shares with people who have never signed in, whom JupyterHub does not
        know.

        Args:
            owner: the Hub's name of the lab's owner.
            names: the people's names.
        """
        for name in names:
            self.links.refuse(owner, name)
        pairs = {(owner, name) for name in names}
        self._terms = {one: terms for one, terms in self._terms.items() if one not in pairs}
        self._changed.set()

    def take_back(self, owner: str, key: str, *, guests: bool) -> None:
        """Take back a link to a lab.

        Args:
            owner: the Hub's name of the lab's owner.
            key: the link's key.
            guests: whether the access of all who used it ends as well.
        """
        self.links.delete(key)
        self.revoke(owner, *(came_by(key, owner, self._terms) if guests else ()))

    def _apply(self) -> None:
        """Inform JupyterHub and the labs who may be in which lab, with which role.

        Access ends first, because the labs' file may not be writable. It begins last, so that
        nobody is in before the lab knows that they are view-only.

        Raises:
            OSError: the labs can't be informed.
            RuntimeError: the Hub has not started yet.
        """
        if self._access is None:
            raise RuntimeError("the Hub has not started yet")
        found = self._decide()
        try:
            if found.end:
                rows.delete(self._db, found.end)
            self._access.tell_shares(found.guests)
            for pair in found.begin:
                rows.make(self._db, pair, self.links.scopes(found.terms[pair].link))
        except BaseException:
            self._db.rollback()
            raise
        for owner, name in sorted(found.end):
            LOG.info("sharing: the lab of %s is no longer shared with %s", owner, name)
        if found.begin:
            found = self._decide()
        self._terms = found.terms
        if self._terms != self._written:
            try:
                self._keep(self._terms)
            except OSError as error:
                LOG.warning("Who may be in shared labs is not written down yet: %s", error)
        self.links.apply(self._terms, rows.people(self._db))

    def _decide(self) -> grants.Decision:
        people, out = rows.people(self._db), self._access.people.out if self._access else ()
        return grants.decide(rows.read(self._db), self._terms, people, time.time(), out)

    def _keep(self, terms: Mapping[Pair, Terms]) -> None:
        kept.TERMS.write(self._file, terms)
        self._terms = self._written = terms
