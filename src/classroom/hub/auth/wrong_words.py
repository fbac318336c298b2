"""The sign-in form, with our error messages in place of the Hub's."""

from __future__ import annotations

from typing import Any

from jupyterhub.handlers.login import LoginHandler

from classroom.runtime.words import gettext

UPSTREAMS = "Invalid username or password"


class OurWordsHandler(LoginHandler):
    """Handle the form as the Hub does; a subclass has the message."""

    wrong: str

    def render_template(self, name: str, **words: Any) -> Any:
        """Show our message for what was wrong."""
        if words.get("login_error") == UPSTREAMS:
            words["login_error"] = gettext(self.wrong)
        return super().render_template(name, **words)
