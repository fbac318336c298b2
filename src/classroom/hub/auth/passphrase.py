"""Sign-in with a trial's passphrase, and the page for people whom the tutor has removed."""

from __future__ import annotations

from typing import Any

from jupyterhub.authenticators.shared import SharedPasswordAuthenticator
from tornado import web
from tornado.httputil import url_concat

from classroom.hub.auth import same_name, typed_passphrase, usernames
from classroom.hub.auth.throttle import Guesses
from classroom.hub.auth.wrong_words import OurWordsHandler
from classroom.runtime.words import gettext_noop


class PassphraseHandler(OurWordsHandler):
    """Handle the sign-in form, or show that the person was removed."""

    wrong = gettext_noop("That is not the passphrase of this class: ask your tutor for it.")
    refused: str = ""

    def render_template(self, name: str, **words: Any) -> Any:
        """Show the refusal in place of the form, to a person who knows the passphrase."""
        if self.refused:
            return super().render_template(
                "refused.html", signed_in_as=self.refused, switch_url=words["login_url"]
            )
        return super().render_template(name, **words)

    async def post(self) -> None:
        """Sign in as the Hub does; ask first if the name was used in another browser."""
        try:
            await super().post()
        except same_name.AskFirst as question:
            here = self.authenticator.login_url(self.hub.base_url)
            address = url_concat(here, {"next": self.get_argument("next", "")})
            page = super().render_template(
                "same-name.html",
                shown=question.shown,
                username=self.get_body_argument("username", ""),
                password=self.get_body_argument("password", "", strip=False),
                answer=same_name.ANSWER,
                address=address,
                xsrf=self.xsrf_token.decode("ascii"),
            )
            self.finish(await page)


class ClassroomPassphraseAuthenticator(SharedPasswordAuthenticator):
    """JupyterHub's authenticator, with the classroom's page for people who may not enter.

    It limits guesses, and rejects names that can't be read or look like the tutor's.
    """

    guesses = Guesses()

    def get_handlers(self, _: Any) -> list[Any]:
        """Return our handler of the form in place of the Hub's."""
        return [(r"/login", PassphraseHandler)]

    def normalize_username(self, username: str) -> str:
        """Normalise a name, so that two different names never look the same."""
        return str(super().normalize_username(usernames.normal(username)))

    def validate_username(self, username: str) -> bool:
        """Accept a name only if it can be read and does not look like a tutor's."""
        good = not usernames.problem(username, self.admin_users)
        return good and bool(super().validate_username(username))

    async def authenticate(self, handler: Any, data: Any) -> Any:
        """Check the passphrase, and remember for the page who is refused.

        Only people with the passphrase learn that a name was removed.

        Raises:
            HTTPError: 403 with a sentence for the form: the name is not accepted, or too many
                passphrases from this address were wrong.
            AskFirst: the name was used before, in another browser.
        """
        typed = {
            "username": str(data.get("username", "")),
            "password": str(data.get("password", "")),
        }
        if said := usernames.problem(typed["username"], self.admin_users):
            raise web.HTTPError(403, said)
        for wanted in (self.user_password, self.admin_password):
            if typed_passphrase.is_same(typed["password"], wanted):
                typed["password"] = wanted
        # Passphrases are ASCII, and compare_digest raises an error for other characters.
        model = None
        if typed["password"].isascii():
            model = await super().authenticate(handler, typed)
        if not model and (said := self._advice(typed)):
            raise web.HTTPError(403, said)
        if not model and (said := await self.guesses.answer_wrong(handler.request.remote_ip)):
            raise web.HTTPError(429, said)
        if model and not self.check_blocked_users(model["name"], model):
            handler.refused = model["name"]
            return model
        return self._greeted(handler, typed["username"], model) if model else None

    def _greeted(self, handler: Any, typed: str, model: dict[str, Any]) -> dict[str, Any]:
        """Keep the name's capitals.

        Raises:
            AskFirst: the name was used before, in another browser.
        """
        name, before = model["name"], same_name.displayed(handler.find_user(model["name"]))
        if before and not model["admin"] and same_name.is_asked(handler, name):
            raise same_name.AskFirst(before)
        same_name.remember(handler, name)
        shown = same_name.shown(typed, before)
        return {**model, "user_info": {"name": name, "display_name": shown}}

    def _advice(self, typed: dict[str, str]) -> str:
        """Say which of the two passphrases a person needs who has typed the other one."""
        return typed_passphrase.advice(
            self.normalize_username(typed["username"]),
            typed["password"],
            tuple(sorted(self.admin_users)),
            self.user_password or "",
            self.admin_password or "",
        )
