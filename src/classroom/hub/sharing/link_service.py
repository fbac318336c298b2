"""All links to labs: JupyterHub's share codes, and what is kept beside them."""

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
"""Below the Hub's folder on the volume."""
MOST_LINKS = 50
"""Of one lab."""
MOST_REFUSED_PEOPLE = 1000
"""People whom one owner's links let in no more; the first is forgotten first."""
TOO_MANY = gettext_noop("There are {most} links to this lab already: take one back.")


@dataclass(frozen=True)
class ShownLink:
    """A link that somebody has shown, and that lets people in.

    Attributes:
        code: JupyterHub's.
        link: what it gives.
    """

    code: Code
    link: Link


class Links:
    """All links. One event loop's."""

    def __init__(self, file: Path) -> None:
        """Read what was kept.

        Args:
            file: where it is kept, in a folder that is root's.

        Raises:
            StartRefusedError: it is damaged.
        """
        self._file = file
        self._kept = self._written = kept_links.LINKS.read(file)
        self._db: Any = None

    def begin(self, db: Any) -> None:
        """Take over the Hub that runs.

        Args:
            db: its database.
        """
        self._db = db

    @property
    def is_written(self) -> bool:
        """Whether all that holds is written down."""
        return self._kept == self._written

    def next_end(self) -> float | None:
        """Say when the next link is over, in seconds since the epoch; None for never."""
        return links.next_end(code_rows.read(self._db), self._kept.links)

    def listed(self, owner: str) -> list[LinkListing]:
        """List the links to a lab.

        Args:
            owner: whose lab it is to the Hub.
        """
        codes = code_rows.read(self._db)
        return links.listed(owner, codes, self._kept.links, time.time())

    def find(self, secret: str) -> ShownLink | None:
        """Return the link that somebody has shown; None if it is wrong, over or used up.

        Args:
            secret: the code in it.
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
            owner: whose lab it is to the Hub.
            wanted: what it is to give.

        Returns:
            The link, and the code in it: it is not kept, and nobody can show it again.

        Raises:
            NotSharedError: there are too many.
            OSError: it can't be kept; there is no link then.
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
        """Keep that somebody came by a link, before they are let in.

        Args:
            shown: by which.
            name: theirs; they count once.

        Raises:
            OSError: it can't be kept; it isn't counted then.
        """
        after = shown.link.with_guest(name)
        key = shown.code.key
        if after == shown.link and key in self._kept.links:
            return
        self._keep(replace(self._kept, links={**self._kept.links, key: after}))

    def take_off(self, shown: ShownLink) -> None:
        """Forget that somebody came by a link: they could not be let in.

        Args:
            shown: by which, before they came.
        """
        links_ = {**self._kept.links, shown.code.key: shown.link}
        self._hold(replace(self._kept, links=links_))

    def tell_count(self, key: str) -> None:
        """Have JupyterHub's API say that one more came by a link, if that still lets people in.

        Args:
            key: the code's.
        """
        code_rows.count(self._db, key)

    def delete(self, key: str) -> None:
        """Have a link let in nobody any more.

        Args:
            key: the code's.
        """
        code_rows.delete(self._db, [key])

    def scopes(self, key: str) -> list[str] | None:
        """Return what whoever comes by a link may, as JupyterHub has it; None for the usual.

        Args:
            key: the code's; "" for none.
        """
        return code_rows.scopes(self._db, key) if key else None

    def refuses(self, owner: str, name: str) -> bool:
        """Say whether no link to a lab lets somebody in: its owner has ended their access.

        Args:
            owner: whose lab it is to the Hub.
            name: theirs.
        """
        return name in self._kept.refused.get(owner, ())

    def refuse(self, owner: str, name: str) -> None:
        """Have no link to a lab let somebody in; on a full disk that is written later.

        Args:
            owner: whose lab it is to the Hub.
            name: theirs.
        """
        others = [one for one in self._kept.refused.get(owner, ()) if one != name]
        names = (*others, name)[-MOST_REFUSED_PEOPLE:]
        self._hold(replace(self._kept, refused={**self._kept.refused, owner: names}))

    def let_in(self, owner: str, name: str) -> None:
        """Have links to a lab let somebody in again, because the lab is shared with them again.

        Args:
            owner: whose lab it is to the Hub.
            name: theirs.
        """
        if self.refuses(owner, name):
            names = tuple(one for one in self._kept.refused[owner] if one != name)
            self._hold(replace(self._kept, refused={**self._kept.refused, owner: names}))

    def apply(self, terms: Mapping[Pair, Terms], people: Iterable[str]) -> None:
        """Delete what is over or used up, and forget what nobody needs.

        Args:
            terms: that hold.
            people: names of all whom the Hub knows.
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
        """Hold to something from now on, and write it as soon as that can be done."""
        self._kept = kept
        if not self.is_written:
            try:
                self._keep(kept)
            except OSError as error:
                LOG.warning("What links to labs give is not written down yet: %s", error)

    def _keep(self, kept: KeptLinks) -> None:
        kept_links.LINKS.write(self._file, kept)
        self._kept = self._written = kept
