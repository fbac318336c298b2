"""The page *My links*: a person's own links to copies, with a button to take one back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jupyterhub.handlers.base import BaseHandler
from tornado import web

from classroom.hub.copies.service import COPIES, LOG

if TYPE_CHECKING:
    from classroom.hub.copies.copy_links import CopyLink
    from classroom.hub.copies.service import GivenCopies

PAGE = "my-links"
"""The page's path below the Hub's address."""


@dataclass(frozen=True)
class OwnLinkListing:
    """A link, as its maker sees it.

    Attributes:
        link: the link.
        owner: the owner of the file's lab; "" for the class's lab.
        room: the file's room; "" for none.
        since: when the link was made.
        until: when it expires.
        works: whether its maker may still enter the lab.
    """

    link: CopyLink
    owner: str
    room: str
    since: datetime
    until: datetime
    works: bool


class MyLinksHandler(BaseHandler):
    """Show a person their own links."""

    @web.authenticated
    async def get(self) -> None:
        """List the links that have not expired."""
        copies: GivenCopies = self.settings[COPIES]
        links = [_shown(copies, one) for one in copies.of_maker(self.current_user.name)]
        page = await self.render_template(
            "my-links.html", links=links, action=f"{self.hub.base_url}{PAGE}"
        )
        self.finish(page)

    @web.authenticated
    async def post(self) -> None:
        """Take a link back."""
        copies: GivenCopies = self.settings[COPIES]
        name = self.current_user.name
        if copies.take_back(name, self.get_body_argument("link", "")):
            LOG.info("copies: %s takes back a link", name)
        self.redirect(f"{self.hub.base_url}{PAGE}")


def _shown(copies: GivenCopies, link: CopyLink) -> OwnLinkListing:
    lab = copies.labs.of_number(link.lab)
    return OwnLinkListing(
        link,
        lab.owner if lab else "",
        lab.room if lab else "",
        datetime.fromtimestamp(link.since, UTC),
        datetime.fromtimestamp(link.until, UTC),
        copies.source(link) is not None,
    )


HANDLERS = ((rf"/{PAGE}", MyLinksHandler),)
