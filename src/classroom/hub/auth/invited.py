"""Sign-in with a personal link: the page that it opens, and the button on that page.

Opening the link signs nobody in. Otherwise programs that open links before people do would sign in,
and a script could send a tutor's window to a student's link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyterhub.auth import Authenticator
from jupyterhub.handlers.base import BaseHandler
from tornado import web
from tornado.httputil import url_concat
from traitlets import Any as AnyTrait

from classroom.config import invitations
from classroom.hub.auth import usernames
from classroom.hub.auth.throttle import Guesses
from classroom.hub.auth.wrong_words import OurWordsHandler
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from pathlib import Path


class InvitationHandler(BaseHandler):
    """The page that a personal link opens."""

    async def get(self) -> None:
        """Ask whether this is the person of the link."""
        key = self.get_argument("key", "")
        name = self.authenticator.invited(key)
        if not name:
            said = await self.authenticator.guesses.answer_wrong(self.request.remote_ip)
            self.set_status(403)
            wrong = said or gettext(InvitedLoginHandler.wrong)
            self.finish(await self.render_template("invitation.html", wrong=wrong))
            return
        page = self.render_template(
            "invitation.html",
            wrong="",
            shown=self.authenticator.shown.get(name, name),
            key=key,
            address=url_concat(self.settings["login_url"], {"next": ""}),
            xsrf=self.xsrf_token.decode("ascii"),
        )
        self.finish(await page)


class InvitedLoginHandler(OurWordsHandler):
    """Accept a personal link's key, or a code that somebody has typed from the sheet."""

    wrong = gettext_noop("That link is not good any more: ask your tutor for a new one.")

    async def post(self) -> None:
        """Sign in as the Hub does, which requires a name in the form."""
        for arguments in (self.request.arguments, self.request.body_arguments):
            arguments["username"] = [b""]
        await super().post()


class ClassroomInvitationAuthenticator(Authenticator):
    """Sign people in by the key of a person on the list."""

    guesses = Guesses()
    keys = AnyTrait(None, config=True, help="The file with the keys (`config.invitations`).")
    shown = AnyTrait(None, config=True, help="How each name is shown.")

    def get_handlers(self, _: Any) -> list[Any]:
        """Return the handlers of the form and of the links."""
        return [(r"/login", InvitedLoginHandler), (r"/invitation", InvitationHandler)]

    def normalize_username(self, username: str) -> str:
        """Normalise a name as in the tutor's file."""
        return str(super().normalize_username(usernames.normal(username)))

    def invited(self, key: str) -> str:
        """Return the person of a key; "" for nobody's, or for a person who is off the list.

        Args:
            key: the key in the request.
        """
        file: Path = self.keys
        name = invitations.owner(invitations.read(file), key)
        listed = self.allowed_users | self.admin_users
        return name if name in listed and name not in self.blocked_users else ""

    async def authenticate(self, handler: Any, data: Any) -> Any:
        """Return the person of a key.

        Raises:
            HTTPError: 429, too many wrong keys came from this address.
        """
        key = str(data.get("key", "")).strip()
        name = self.invited(key)
        if name:
            shown = self.shown.get(name, name)
            return {"name": name, "user_info": {"name": name, "display_name": shown}}
        if said := await self.guesses.answer_wrong(handler.request.remote_ip):
            raise web.HTTPError(429, said)
        return None
