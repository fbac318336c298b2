"""The page *My links*: the links to copies that somebody has made, and taking one back."""

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
"""Below the Hub's address."""


@dataclass(frozen=True)
class OwnLinkListing:
    """A link, as its maker sees it.

    Attributes:
        link: itself.
        owner: whose lab the file is in; "" for the class's.
        room: the room that it is in; "" for none.
        since: when it was made.
        until: when it is over.
        works: whether its maker may still enter the lab.
    """

    link: CopyLink
    owner: str
    room: str
    since: datetime
    until: datetime
    works: bool


class MyLinksHandler(BaseHandler):
    """Show them to whoever has made them."""

    @web.authenticated
    async def get(self) -> None:
        """List those that are not over."""
        copies: GivenCopies = self.settings[COPIES]
        links = [_shown(copies, one) for one in copies.of_maker(self.current_user.name)]
        page = await self.render_template(
            "my-links.html", links=links, action=f"{self.hub.base_url}{PAGE}"
        )
        self.finish(page)

    @web.authenticated
    async def post(self) -> None:
        """Take one back."""
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
