"""The page that a link to a copy opens: which file, from whom, and a button that makes the copy.

Opening the link makes no copy, because programs that open links before people do would make one.
The button makes it, with the page's XSRF token.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jupyterhub.handlers.base import BaseHandler
from tornado import web

from classroom.hub.access.assignments_handlers import NOT_CARRIED
from classroom.hub.copies import copy_handlers
from classroom.hub.copies.service import COPIES, LOG
from classroom.hub.labs import door
from classroom.hub.labs.door import LabNotStartedError
from classroom.hub.sharing import guesses
from classroom.runtime.turns import TooManyError, Turns
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from classroom.hub.copies.copy_links import CopyLink
    from classroom.hub.copies.service import GivenCopies

TOGETHER, EACH, ASKED = 4, 1, 3
"""How many copies are made at a time, how many for one person, and how many of theirs may wait."""
OFTEN = gettext_noop("Your copy is being made already: wait a moment.")
TURNS = Turns(TOGETHER, EACH, ASKED)


class TakeCopyHandler(BaseHandler):
    """Ask somebody who is signed in whether they want a copy; make it."""

    @property
    def copies(self) -> GivenCopies:
        """All links."""
        found: GivenCopies = self.settings[COPIES]
        return found

    @web.authenticated
    async def get(self) -> None:
        """Show the file, the maker, and where the copy would go."""
        if (link := await self._look()) is not None:
            await self._show("ask", link)

    @web.authenticated
    async def post(self) -> None:
        """Make the copy; open it, or show first what the person should know."""
        if (link := await self._look()) is None:
            return
        name = self.current_user.name
        try:
            async with TURNS.own(name), TURNS.place():
                found, address = await self._copy(link)
        except TooManyError:
            found, address = {"error": gettext(OFTEN)}, ""
        if "error" in found:
            LOG.info("copies: %s gets no copy of %r: %s", name, link.path, found["error"])
            await self._show("trouble", link, status=409, sentence=found["error"])
            return
        self.copies.count(link)
        LOG.info("copies: %s has got a copy of %r of %s", name, link.path, link.maker)
        differences = await self.copies.differences(link)
        way = f"{address}/tree/{quote(found['path'], safe='/')}"
        if found["leftOut"] or differences.is_other or differences.kernel:
            await self._show("done", link, way=way, **found)
        else:
            self.redirect(way)

    async def _look(self) -> CopyLink | None:
        """Find the link; answer wrong guesses slowly.

        Raises:
            HTTPError: 429, too many answers to this person wait already; the link is not looked up.
        """
        guesses.check(self.current_user.name)
        link = self.copies.find(self.get_argument("code", ""))
        if link is None:
            await guesses.wrong(self.current_user.name)
            await self._show("wrong", None, status=404)
        return link

    async def _copy(self, link: CopyLink) -> tuple[dict[str, Any], str]:
        """Have the copy made.

        Returns:
            The result, with a sentence under ``error`` if there is no copy; and the address of the
            lab that has got it.
        """
        copies, user = self.copies, self.current_user
        if (source := copies.source(link)) is None:
            return {"error": gettext(NOT_CARRIED)}, ""  # the link ended while this waited
        try:
            home = copies.labs.home(user.name)
            order = {
                "source": source.number,
                "path": link.path,
                "maker": link.maker,
                "is_guest": copies.labs.is_guest(link.maker, source),
                "target": home.number,
                "person": user.name,
                "is_tutor": bool(user.admin),
            }
            found = await door.copy(copies.paths.labs_socket, order)
        except (LabNotStartedError, OSError) as error:
            LOG.warning("copies: %s gets no copy of %r: %s", user.name, link.path, error)
            return {"error": gettext(NOT_CARRIED)}, ""
        except web.HTTPError as error:
            return {"error": getattr(error, "jupyterhub_message", str(error))}, ""
        return found, copies.labs.address(home)

    async def _show(
        self, answer: str, link: CopyLink | None, *, status: int = 200, **more: Any
    ) -> None:
        self.set_status(status)
        if link is not None:
            more = {
                **more,
                "link": link,
                "until": datetime.fromtimestamp(link.until, UTC),
                "own_lab": self.copies.labs.has_own,
                "differences": await self.copies.differences(link),
                "code": self.get_argument("code"),
                "action": f"{self.hub.base_url}{copy_handlers.PAGE}",
            }
        self.finish(await self.render_template("take-copy.html", answer=answer, **more))


HANDLERS = ((rf"/{copy_handlers.PAGE}", TakeCopyHandler),)
