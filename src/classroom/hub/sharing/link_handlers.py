"""Handle labs' requests to list, make and take back links, for people in the lab."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from tornado import web
from tornado.httputil import url_concat

from classroom.hub.sharing import link_requests
from classroom.hub.sharing.handlers import NOT_KEPT, ONLY_OWNERS, SharingHandler
from classroom.hub.sharing.requests import NotSharedError
from classroom.hub.sharing.service import LOG
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from classroom.hub.sharing.service import Shares

NO_LINK = gettext_noop("There is no such link any more.")


class OwnersHandler(SharingHandler):
    """A request that only people who may share the lab can make."""

    def check(self, owner: str) -> Shares:
        """Check that the lab makes the request, for a person who may share it.

        Args:
            owner: the Hub's name of the lab's owner.

        Raises:
            HTTPError: 403, it is another caller, or the person may not share it; 404, there is only
                one lab.
        """
        shares = super().check(owner)
        if not self.may_share(owner):
            raise web.HTTPError(403, gettext(ONLY_OWNERS))
        return shares


class LinksHandler(OwnersHandler):
    """All links to a lab."""

    def get(self, owner: str) -> None:
        """List the links, without their codes.

        Raises:
            HTTPError: 403, as in `check`.
        """
        found = self.check(owner).links.listed(owner)
        self.finish(json.dumps({"links": [asdict(one) for one in found]}))

    def post(self, owner: str) -> None:
        """Make a link, and answer with its address below the Hub's, only this once.

        Raises:
            HTTPError: 400, the request is invalid, or there are too many links; 403, as of
                `check`; 507, it can't be stored.
        """
        shares = self.check(owner)
        try:
            wanted = link_requests.read(self.get_json_body(), time.time())
            made, code = shares.links.make(owner, wanted)
        except NotSharedError as refused:
            raise web.HTTPError(400, str(refused).replace("%", "%%")) from refused
        except OSError as error:
            raise web.HTTPError(507, gettext(NOT_KEPT)) from error
        LOG.info(
            "sharing: %s makes a link to the lab of %s (%s)",
            *(self.current_user.name, owner, made.role),
        )
        place = url_concat(f"{self.hub.base_url}accept-share", {"code": code})
        self.set_status(201)
        self.finish(json.dumps({**asdict(made), "place": place}))


class LinkHandler(OwnersHandler):
    """One link to a lab."""

    def delete(self, owner: str, key: str) -> None:
        """Take the link back; with ``guests=1``, also end the access of all who used it.

        Raises:
            HTTPError: 403, as in `check`; 404, there is no such link to this lab; 507, it can't be
                kept.
        """
        shares = self.check(owner)
        if key not in {one.id for one in shares.links.listed(owner)}:
            raise web.HTTPError(404, gettext(NO_LINK))
        guests = self.get_query_argument("guests", "") == "1"
        try:
            shares.take_back(owner, key, guests=guests)
        except OSError as error:
            raise web.HTTPError(507, gettext(NOT_KEPT)) from error
        LOG.info(
            "sharing: %s takes back a link to the lab of %s%s",
            *(self.current_user.name, owner, ", with all who came by it" if guests else ""),
        )
        self.set_status(204)


HANDLERS = (
    (r"/api/classroom/links/([^/]+)", LinksHandler),
    (r"/api/classroom/links/([^/]+)/([^/]+)", LinkHandler),
)
