"""The page that a link to a lab opens, in place of JupyterHub's: whose lab, which role, until when.

Opening it gives no access, because programs that open links before people do would use it up. The
button gives access, with the page's XSRF token.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jupyterhub.handlers.base import BaseHandler
from tornado import web

from classroom.hub.sharing import guesses, link_requests, links
from classroom.hub.sharing.answers import LinkAnswer, Visitor, answer
from classroom.hub.sharing.handlers import NOT_KEPT
from classroom.hub.sharing.service import LOG, SHARES
from classroom.runtime import file_watch
from classroom.runtime.lab_room_names import room_of
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from classroom.hub.sharing.link_service import ShownLink
    from classroom.hub.sharing.service import Shares


def accept(shares: Shares, shown: ShownLink, name: str) -> None:
    """Give a person access through a link, after counting them.

    Args:
        shares: all shares.
        shown: the link, which gives them more access than they have.
        name: the person's name.

    Raises:
        OSError: it can't be stored; they get no access then.
    """
    owner, link, key = shown.code.owner, shown.link, shown.code.key
    known = shares.of(owner, name)
    more = shares.lacks(owner, name, key) if known is not None else ()
    shares.links.count(shown, name)
    try:
        if links.gives_more(link, known):
            shares.grant(owner, name, link.role, link.guests_until, key)
        if more and shares.of(owner, name) is not None:
            shares.widen(owner, name, more)
    except BaseException:
        shares.links.take_off(shown)
        raise
    shares.links.tell_count(shown.code.key)


class AcceptHandler(BaseHandler):
    """Ask somebody who is signed in whether they want to go to a lab; let them in."""

    @web.authenticated
    async def get(self) -> None:
        """Show whose lab it is, what the person may do there, and until when."""
        shown, found = await self._look()
        await self._show(shown, found)

    @web.authenticated
    async def post(self) -> None:
        """Give access, and redirect the person to the lab.

        Raises:
            HTTPError: 507, it can't be stored.
        """
        shown, found = await self._look()
        if shown is None or found is not LinkAnswer.ASK:
            await self._show(shown, found)
            return
        name, owner = self.current_user.name, shown.code.owner
        try:
            accept(self.settings[SHARES], shown, name)
        except OSError as error:
            raise web.HTTPError(507, gettext(NOT_KEPT)) from error
        LOG.info("sharing: %s comes to the lab of %s by a link (%s)", name, owner, shown.link.role)
        # The lab's server polls for changes, and would refuse access until then.
        await asyncio.sleep(file_watch.LOOK_SECONDS)
        self.redirect(self._way_in(owner))

    async def _look(self) -> tuple[ShownLink | None, LinkAnswer]:
        """Find the link; answer wrong guesses slowly.

        Raises:
            HTTPError: 429, too many answers to this person wait already; the link is not looked up.
        """
        user = self.current_user
        guesses.check(user.name)
        shares: Shares | None = self.settings.get(SHARES)
        shown = shares.links.find(self.get_argument("code", "")) if shares is not None else None
        if shares is None or shown is None:
            await guesses.wrong(user.name)
            return None, LinkAnswer.WRONG
        owner = shown.code.owner
        guests = shares.listed(owner)
        known = next((one for one in guests if one.name == user.name), None)
        refused = shares.links.refuses(owner, user.name)
        lacks = bool(shares.lacks(owner, user.name, shown.code.key))
        visitor = Visitor(user.name, bool(user.admin), refused, known, lacks)
        return shown, answer(shown.code, shown.link, visitor, len(guests))

    def _way_in(self, owner: str) -> str:
        lab = self.users[owner].server_url("")
        return link_requests.way_in(lab, self.get_argument("next", ""))

    async def _show(self, shown: ShownLink | None, found: LinkAnswer) -> None:
        more: dict[str, Any] = {}
        if shown is None:
            self.set_status(404)
        else:
            owner, until = shown.code.owner, shown.link.guests_until
            more = {
                "owner": owner,
                "room": room_of(owner),
                "role": shown.link.role,
                "until": None if until is None else datetime.fromtimestamp(until, UTC),
                "way_in": self._way_in(owner),
                "code": self.get_argument("code"),
                "next": self.get_argument("next", ""),
            }
        self.finish(await self.render_template("accept-share.html", answer=found.value, **more))


HANDLERS = ((r"/accept-share", AcceptHandler),)
