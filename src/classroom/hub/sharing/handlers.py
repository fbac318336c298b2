"""Handle labs' requests to list and change shares, for people in the lab.

The token must be that of the person's sign-in to this lab. It has fewer scopes than its person,
because it is for one lab.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from jupyterhub import orm
from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.scopes import get_scopes_for, has_scope, parse_scopes
from tornado import web

from classroom.hub.sharing import requests
from classroom.hub.sharing.requests import NotSharedError
from classroom.hub.sharing.service import LOG, SHARES
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from classroom.hub.sharing.service import Shares

ONLY_HERE = gettext_noop("Only a lab may ask for this, for somebody who is in it.")
ONLY_OWNERS = gettext_noop("Only the owner of a lab, or a tutor, shares it.")
NOBODY = gettext_noop(
    "There can be nobody called “{name}”: type their exact name, as it is on their profile page."
)
NOBODY_LISTED = gettext_noop(
    "There can be nobody called “{name}”: type their exact name, as it is on the class's list."
)
NOT_SHARED = gettext_noop("This lab is not shared with {name}.")
OVER = gettext_noop("{name} has no access: the time is over, or a tutor has removed them.")
NOT_KEPT = gettext_noop("That could not be kept, perhaps because the disk is full. Try again.")


class SharingHandler(APIHandler):
    """A lab's request for a person in it."""

    def check(self, owner: str) -> Shares:
        """Check that this lab's server makes the request, for a person who has signed in to it.

        Args:
            owner: the Hub's name of the lab's owner.

        Raises:
            HTTPError: 403, it is another caller; 404, there is only one lab.
        """
        shares: Shares | None = self.settings.get(SHARES)
        if shares is None:
            raise web.HTTPError(404, gettext("There is only one lab here."))
        token, user, whose = self.get_token(), self.current_user, self.find_user(owner)
        if (
            token is None
            or whose is None
            or not isinstance(getattr(user, "orm_user", None), orm.User)
            or token.client_id != whose.spawner.oauth_client_id
        ):
            raise web.HTTPError(403, gettext(ONLY_HERE))
        return shares

    def may_share(self, owner: str) -> bool:
        """Say whether the caller may share a lab.

        Args:
            owner: the Hub's name of the lab's owner.
        """
        scopes = parse_scopes(get_scopes_for(self.current_user.orm_user))
        return bool(has_scope(f"shares!server={owner}/", scopes, db=self.db))


class SharesHandler(SharingHandler):
    """Everybody with whom a lab is shared."""

    def get(self, owner: str) -> None:
        """List all guests for a caller who may share the lab; for others, only their own share.

        Raises:
            HTTPError: 403, as in `check`.
        """
        shares = self.check(owner)
        if self.may_share(owner):
            found = [asdict(one) for one in shares.listed(owner)]
            self.finish(json.dumps({"shares": found, "may_share": True}))
            return
        own = shares.of(owner, self.current_user.name)
        self.finish(
            json.dumps({"shares": [asdict(own)] if own is not None else [], "may_share": False})
        )


class ShareHandler(SharingHandler):
    """One guest of a lab."""

    def put(self, owner: str, name: str) -> None:
        """Share the lab with a person, or change the role and the end.

        Raises:
            HTTPError: 400, nobody can have this name, or the request is invalid; 403, as in
                `check`, or the caller may not share the lab; 409, the person gets no access anyway;
                507, it can't be stored.
        """
        shares = self.check(owner)
        if not self.may_share(owner):
            raise web.HTTPError(403, gettext(ONLY_OWNERS))
        name = self._called(name)
        tutors = {user.name for user in self.db.query(orm.User).filter_by(admin=True)}
        known = {one.name: one for one in shares.listed(owner)}
        until = known[name].until if name in known else None
        try:
            requests.check(name, owner, tutors, known)
            wanted = requests.read(self.get_json_body(), time.time(), until)
            shares.grant(owner, name, wanted.role, wanted.until)
            shares.links.let_in(owner, name)
        except NotSharedError as refused:
            raise web.HTTPError(400, str(refused).replace("%", "%%")) from refused
        except OSError as error:
            raise web.HTTPError(507, gettext(NOT_KEPT)) from error
        LOG.info(
            "sharing: %s shares the lab of %s with %s (%s)",
            *(self.current_user.name, owner, name, wanted.role),
        )
        if (found := shares.of(owner, name)) is None:
            raise web.HTTPError(409, gettext(OVER).format(name=name).replace("%", "%%"))
        self.finish(json.dumps(asdict(found)))

    def delete(self, owner: str, name: str) -> None:
        """End a share; guests may end their own.

        Raises:
            HTTPError: 403, as in `check`, or the caller is another person and may not share the
                lab; 404, it isn't shared with them; 507, it can't be stored.
        """
        shares = self.check(owner)
        name = self.authenticator.normalize_username(name)
        if name != self.current_user.name and not self.may_share(owner):
            raise web.HTTPError(403, gettext(ONLY_OWNERS))
        if shares.of(owner, name) is None:
            raise web.HTTPError(404, gettext(NOT_SHARED).format(name=name).replace("%", "%%"))
        if name != self.current_user.name:
            shares.links.refuse(owner, name)
        try:
            shares.revoke(owner, name)
        except OSError as error:
            raise web.HTTPError(507, gettext(NOT_KEPT)) from error
        LOG.info(
            "sharing: %s ends that the lab of %s is shared with %s",
            *(self.current_user.name, owner, name),
        )
        self.set_status(204)

    def _called(self, name: str) -> str:
        """Return the Hub's form of a name.

        Raises:
            HTTPError: 400, nobody can have this name.
        """
        if self.authenticator.access.malformed([name]):
            by_github = self.authenticator.access.by_github
            sentence = gettext(NOBODY) if by_github else gettext(NOBODY_LISTED)
            raise web.HTTPError(400, sentence.format(name=name).replace("%", "%%"))
        return str(self.authenticator.normalize_username(name))


HANDLERS = (
    (r"/api/classroom/shares/([^/]+)", SharesHandler),
    (r"/api/classroom/shares/([^/]+)/([^/]+)", ShareHandler),
)
