"""Labs' servers request links to copies of their files, for people in the lab."""

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
"""The page that a link opens, below the Hub's address."""


class GivingHandler(APIHandler):
    """Links to copies of a lab's files."""

    async def post(self) -> None:
        """Make a link, and answer with its address below the Hub's, only this once.

        Raises:
            HTTPError: 400, the request is invalid, or there are too many links; 403, as of
                `check`; 507, it can't be stored.
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
        """Check that this lab's server makes the request, for a person who has signed in to it.

        Args:
            copies: all links to copies.
            owner: the Hub's name of the lab's owner; "" for the class's lab.

        Returns:
            The lab.

        Raises:
            HTTPError: 403, it is another caller, or the person may not enter the lab.
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
        """Return the OAuth client id of a lab's server; "" if there is no such lab."""
        if not owner:
            return f"service-{SERVICE}"
        whose = self.find_user(owner)
        return str(whose.spawner.oauth_client_id) if whose else ""


HANDLERS = ((r"/api/classroom/copies", GivingHandler),)
