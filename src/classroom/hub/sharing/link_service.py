"""All links to labs: JupyterHub's share codes, and the data stored beside them."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from classroom.hub.sharing import code_rows, kept_links, links
from classroom.hub.sharing.kept_links import KeptLinks
from classroom.hub.sharing.links import Link
from classroom.hub.sharing.requests import NotSharedError
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from classroom.hub.sharing.grants import Pair, Terms
    from classroom.hub.sharing.link_requests import WantedLink
    from classroom.hub.sharing.links import Code, LinkListing

LOG = logging.getLogger("classroom.sharing")
FILE = "links.json"
"""The file's name in the Hub's folder on the volume."""
MOST_LINKS = 50
"""The limit for one lab."""
MOST_REFUSED_PEOPLE = 1000
"""How many people an owner's links can refuse; the first is forgotten first."""
TOO_MANY = gettext_noop("There are {most} links to this lab already: take one back.")


@dataclass(frozen=True)
class ShownLink:
    """A valid link that somebody has opened.

    Attributes:
        code: JupyterHub's code.
        link: the data stored beside it.
    """

    code: Code
    link: Link


class Links:
    """All links. For one event loop."""

    def __init__(self, file: Path) -> None:
        """Read the stored links.

        Args:
            file: the file, in a folder that only root can enter.

        Raises:
            StartRefusedError: the file is damaged.
        """
        self._file = file
        self._kept = self._written = kept_links.LINKS.read(file)
        self._db: Any = None

    def begin(self, db: Any) -> None:
        """Connect to the running Hub.

        Args:
            db: its database.
        """
        self._db = db

    @property
    def is_written(self) -> bool:
        """Whether all data is written."""
        return self._kept == self._written

    def next_end(self) -> float | None:
        """Say when the next link is over, in seconds since the epoch; None for never."""
        return links.next_end(code_rows.read(self._db), self._kept.links)

    def listed(self, owner: str) -> list[LinkListing]:
        """List the links to a lab.

        Args:
            owner: the Hub's name of the lab's owner.
        """
        codes = code_rows.read(self._db)
        return links.listed(owner, codes, self._kept.links, time.time())

    def find(self, secret: str) -> ShownLink | None:
        """Return the link of a code; None if it is wrong, expired or used up.

        Args:
            secret: the code in the link.
        """
        key = code_rows.find(self._db, secret)
        for code in code_rows.read(self._db):
            link = links.of_code(code, self._kept.links)
            if code.key == key and not links.is_over(code, link, time.time()):
                return ShownLink(code, link)
        return None

    def make(self, owner: str, wanted: WantedLink) -> tuple[LinkListing, str]:
        """Make a link.

        Args:
            owner: the Hub's name of the lab's owner.
            wanted: the request.

        Returns:
            The link, and its code, which is not stored, so nobody can show it again.

        Raises:
            NotSharedError: there are too many.
            OSError: it can't be stored; there is no link then.
        """
        if sum(one.alive for one in self.listed(owner)) >= MOST_LINKS:
            raise NotSharedError(gettext(TOO_MANY).format(most=MOST_LINKS))
        code, secret = code_rows.make(self._db, owner, wanted.seconds)
        made = Link(owner, code.since, wanted.role, wanted.guests_until, wanted.most)
        try:
            self._keep(replace(self._kept, links={**self._kept.links, code.key: made}))
        except OSError:
            code_rows.delete(self._db, [code.key])
            raise
        (found,) = (one for one in self.listed(owner) if one.id == code.key)
        return found, secret

    def count(self, shown: ShownLink, name: str) -> None:
        """Record that a person uses a link, before they get access.

        Args:
            shown: the link.
            name: the person's name; they count once.

        Raises:
            OSError: it can't be stored; it isn't counted then.
        """
        after = shown.link.with_guest(name)
        key = shown.code.key
        if after == shown.link and key in self._kept.links:
            return
        self._keep(replace(self._kept, links={**self._kept.links, key: after}))

    def take_off(self, shown: ShownLink) -> None:
        """Forget that a person used a link, because they could not get access.

        Args:
            shown: the link, before they used it.
        """
        links_ = {**self._kept.links, shown.code.key: shown.link}
        self._hold(replace(self._kept, links=links_))

    def tell_count(self, key: str) -> None:
        """Update JupyterHub's own count of a link's uses, if the link still exists.

        Args:
            key: the code's key.
        """
        code_rows.count(self._db, key)

    def delete(self, key: str) -> None:
        """Delete a link.

        Args:
            key: the code's key.
        """
        code_rows.delete(self._db, [key])

    def scopes(self, key: str) -> list[str] | None:
        """Return the scopes that a link gives in JupyterHub; None for the usual ones.

        Args:
            key: the code's; "" for none.
        """
        return code_rows.scopes(self._db, key) if key else None

    def refuses(self, owner: str, name: str) -> bool:
        """Say whether all links to a lab refuse a person, because its owner has ended their access.

        Args:
            owner: the Hub's name of the lab's owner.
            name: the person's name.
        """
        return name in self._kept.refused.get(owner, ())

    def refuse(self, owner: str, name: str) -> None:
        """Make all links to a lab refuse a person; on a full disk this is written later.

        Args:
            owner: the Hub's name of the lab's owner.
            name: the person's name.
        """
        others = [one for one in self._kept.refused.get(owner, ()) if one != name]
        names = (*others, name)[-MOST_REFUSED_PEOPLE:]
        self._hold(replace(self._kept, refused={**self._kept.refused, owner: names}))

    def let_in(self, owner: str, name: str) -> None:
        """Let links to a lab admit a person again, because the lab is shared with them again.

        Args:
            owner: the Hub's name of the lab's owner.
            name: the person's name.
        """
        if self.refuses(owner, name):
            names = tuple(one for one in self._kept.refused[owner] if one != name)
            self._hold(replace(self._kept, refused={**self._kept.refused, owner: names}))

    def apply(self, terms: Mapping[Pair, Terms], people: Iterable[str]) -> None:
        """Delete links that have expired or are used up, and data that is no longer needed.

        Args:
            terms: the terms in force.
            people: the names of all users.
        """
        held = {one.link for one in terms.values()}
        codes = code_rows.read(self._db)
        found = links.decide(codes, self._kept.links, held, time.time())
        if found.end:
            code_rows.delete(self._db, found.end)
        known = set(people)
        refused = {
            owner: names for owner, names in self._kept.refused.items() if names and owner in known
        }
        self._hold(KeptLinks(found.links, refused))

    def _hold(self, kept: KeptLinks) -> None:
        """Apply new data at once, and write it as soon as possible."""
        self._kept = kept
        if not self.is_written:
            try:
                self._keep(kept)
            except OSError as error:
                LOG.warning("What links to labs give is not written down yet: %s", error)

    def _keep(self, kept: KeptLinks) -> None:
        kept_links.LINKS.write(self._file, kept)
        self._kept = self._written = kept
