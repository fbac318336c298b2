"""Sign-in with a trial's passphrase, and what somebody sees whom the tutor has removed."""

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
    """Take the form, or say readably that there is no place here."""

    wrong = gettext_noop("That is not the passphrase of this class: ask your tutor for it.")
    refused: str = ""

    def render_template(self, name: str, **words: Any) -> Any:
        """Show the refusal in the form's place, to somebody who knows the passphrase."""
        if self.refused:
            return super().render_template(
                "refused.html", signed_in_as=self.refused, switch_url=words["login_url"]
            )
        return super().render_template(name, **words)

    async def post(self) -> None:
        """Sign in as the Hub does; ask first whether somebody is who was here by that name."""
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
    """JupyterHub's authenticator with the classroom's page for those who may not enter.

    It bounds guesses, and takes no name that can't be read or passes for the tutor's.
    """

    guesses = Guesses()

    def get_handlers(self, _: Any) -> list[Any]:
        """Handle the form by ours in place of the Hub's."""
        return [(r"/login", PassphraseHandler)]

    def normalize_username(self, username: str) -> str:
        """Write a name one way, so that no two people seem to have the same."""
        return str(super().normalize_username(usernames.normal(username)))

    def validate_username(self, username: str) -> bool:
        """Take a name only if it can be read and isn't like a tutor's."""
        good = not usernames.problem(username, self.admin_users)
        return good and bool(super().validate_username(username))

    async def authenticate(self, handler: Any, data: Any) -> Any:
        """Remember for the page who is refused: nobody without the passphrase is told that.

        Raises:
            HTTPError: 403 with a sentence for the form: the name can't be taken, or too many
                passphrases from this address were wrong.
            AskFirst: somebody was here by that name, from another browser.
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
        # No passphrase has others, and compare_digest raises an error for them.
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
            AskFirst: somebody was here by that name, from another browser.
        """
        name, before = model["name"], same_name.displayed(handler.find_user(model["name"]))
        if before and not model["admin"] and same_name.is_asked(handler, name):
            raise same_name.AskFirst(before)
        same_name.remember(handler, name)
        shown = same_name.shown(typed, before)
        return {**model, "user_info": {"name": name, "display_name": shown}}

    def _advice(self, typed: dict[str, str]) -> str:
        """Say which passphrase somebody needs who has typed the other of the two."""
        return typed_passphrase.advice(
            self.normalize_username(typed["username"]),
            typed["password"],
            tuple(sorted(self.admin_users)),
            self.user_password or "",
            self.admin_password or "",
        )
