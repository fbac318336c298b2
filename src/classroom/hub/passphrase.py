"""Sign-in with a trial's passphrase, and what somebody sees whom the tutor has removed."""

from __future__ import annotations

from typing import Any

from jupyterhub.authenticators.shared import SharedPasswordAuthenticator
from jupyterhub.handlers.login import LoginHandler


class PassphraseHandler(LoginHandler):
    """Take the form, or say readably that there is no place here."""

    refused: str = ""

    def render_template(self, name: str, **words: Any) -> Any:
        """Show the refusal in the form's place, to somebody who knows the passphrase."""
        if self.refused:
            return super().render_template(
                "refused.html", signed_in_as=self.refused, switch_url=words["login_url"]
            )
        return super().render_template(name, **words)


class ClassroomPassphraseAuthenticator(SharedPasswordAuthenticator):
    """JupyterHub's authenticator with the classroom's page for those who may not enter."""

    def get_handlers(self, _: Any) -> list[Any]:
        """Handle the form by ours in place of the Hub's."""
        return [(r"/login", PassphraseHandler)]

    async def authenticate(self, handler: Any, data: Any) -> Any:
        """Remember for the page who is refused: nobody without the passphrase is told that."""
        model = await super().authenticate(handler, data)
        if model and not self.check_blocked_users(model["name"], model):
            handler.refused = model["name"]
        return model
