"""Labs' servers ask, for whoever is in the lab, for a link to a copy of something in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jupyterhub import orm
from jupyterhub.apihandlers.base import APIHandler
from tornado import web
from tornado.httputil import url_concat

from classroom.hub.copies import copy_links
from classroom.hub.copies.copy_links import NotMadeError
from classroom.hub.copies.service import COPIES, LOG
from classroom.hub.sharing.handlers import NOT_KEPT, ONLY_HERE
from classroom.runtime.paths import SERVICE
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from classroom.hub.copies.lab_access import KnownLab
    from classroom.hub.copies.service import GivenCopies

PAGE = "take-copy"
"""Where a link leads, below the Hub's address."""


class GivingHandler(APIHandler):
    """Links to copies of what is in a lab."""

    async def post(self) -> None:
        """Make one, and answer with its address below the Hub's: this once.

        Raises:
            HTTPError: 400, it isn't clear what is asked for, or there are too many; 403, as of
                `check`; 507, it can't be kept.
        """
        copies: GivenCopies = self.settings[COPIES]
        body = self.get_json_body()
        lab = self.check(copies, str(body.get("owner", "")) if isinstance(body, dict) else "")
        name = self.current_user.name
        try:
            wanted = copy_links.read(body)
            code = await copies.make(name, lab, wanted)
        except NotMadeError as refused:
            raise web.HTTPError(400, str(refused).replace("%", "%%")) from refused
        except OSError as error:
            raise web.HTTPError(507, gettext(NOT_KEPT)) from error
        LOG.info("copies: %s makes a link to a copy of %r in lab %d", name, wanted.path, lab.number)
        self.set_status(201)
        self.finish(json.dumps({"place": url_concat(f"{self.hub.base_url}{PAGE}", {"code": code})}))

    def check(self, copies: GivenCopies, owner: str) -> KnownLab:
        """See that the server of this lab asks, for somebody who has signed in to it.

        Args:
            copies: all of them.
            owner: whose lab it is to the Hub; "" for the class's.

        Returns:
            The lab.

        Raises:
            HTTPError: 403, it doesn't, or they may not enter it.
        """
        token, user, client = self.get_token(), self.current_user, self._client(owner)
        lab = copies.labs.of_owner(owner)
        if (
            token is None
            or lab is None
            or not isinstance(getattr(user, "orm_user", None), orm.User)
            or token.client_id != client
            or not copies.labs.may_enter(user.name, lab)
        ):
            raise web.HTTPError(403, gettext(ONLY_HERE))
        return lab

    def _client(self, owner: str) -> str:
        """Return how the Hub calls a lab's server; "" for one that there isn't."""
        if not owner:
            return f"service-{SERVICE}"
        whose = self.find_user(owner)
        return str(whose.spawner.oauth_client_id) if whose else ""


HANDLERS = ((r"/api/classroom/copies", GivingHandler),)
