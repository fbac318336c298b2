"""Sign-in with GitHub: who somebody is, and what they see when they may not enter."""

from __future__ import annotations

import colorsys
import hashlib
from typing import Any

from oauthenticator.github import GitHubOAuthenticator
from oauthenticator.oauth2 import OAuthCallbackHandler, OAuthLoginHandler
from tornado import web
from tornado.httpclient import HTTPClientError

from classroom.hub.access.policy import ADMITTED_BY

SATURATION, READABLE = 65, 4.5
SWITCH = "switch"
"""Query argument of the sign-in address that lets somebody choose another GitHub account."""


def initials(shown: str) -> str:
    """Return the first letters of the first and the last word of a name."""
    words = shown.split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if words[1:] else words)).upper()


def luminance(hue: int, lightness: int) -> float:
    """Return how light a colour is to the eye, 0 to 1 (WCAG 2.2, relative luminance).

    Args:
        hue: degrees.
        lightness: percent, of HSL.
    """
    channels = colorsys.hls_to_rgb(hue / 360, lightness / 100, SATURATION / 100)
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004
        for part in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def colour(name: str) -> str:
    """Choose somebody's colour: always the same, and another than most others'.

    Args:
        name: the Hub's user name.

    Returns:
        A CSS colour on which white letters can be read (WCAG 2.2, 1.4.3: 4.5 to 1).
    """
    hue = int.from_bytes(hashlib.sha256(name.encode()).digest()[:2], "big") % 360
    lightness = 60
    while 1.05 / (luminance(hue, lightness) + 0.05) < READABLE:
        lightness -= 1
    return f"hsl({hue}, {SATURATION}%, {lightness}%)"


def user_info(github_user: dict[str, Any]) -> dict[str, Any]:
    """Pick what the others see of somebody from GitHub's user object.

    Args:
        github_user: GitHub's answer to ``GET /user``.

    Returns:
        JupyterHub's ``user_info``: name, display_name and avatar_url.
    """
    login = str(github_user["login"])
    shown = str(github_user.get("name") or "").strip() or login
    info = {"name": login.lower(), "display_name": shown}
    if avatar := github_user.get("avatar_url"):
        info["avatar_url"] = str(avatar)
    return info


def looks(name: str, info: dict[str, Any] | None, *, avatars: bool) -> dict[str, Any]:
    """Complete what the others see of somebody, whatever the way to sign in knows.

    Args:
        name: the Hub's user name.
        info: JupyterHub's ``user_info``, as far as it is known.
        avatars: whether pictures may be shown, which browsers load from where they are.

    Returns:
        name, display_name, initials, color, and avatar_url if there is one.
    """
    known = dict(info or {})
    if not avatars:
        known.pop("avatar_url", None)
    shown = str(known.get("display_name") or "").strip() or name
    return {
        "name": name,
        "color": colour(name),
        "initials": initials(shown),
        **known,
        "display_name": shown,
    }


class LoginHandler(OAuthLoginHandler):
    """Send somebody to GitHub, on request with a choice of accounts."""

    def authorize_redirect(self, *args: Any, **kwargs: Any) -> None:
        """Add GitHub's ``prompt=select_account`` where the person asked for another account.

        Without it GitHub would silently sign the same account in again.
        """
        if self.get_argument(SWITCH, ""):
            kwargs["extra_params"] = {**kwargs["extra_params"], "prompt": "select_account"}
        super().authorize_redirect(*args, **kwargs)


class CallbackHandler(OAuthCallbackHandler):
    """Finish the sign-in, or say readably that there is no place here."""

    signed_in_as: str = ""

    async def get(self) -> None:
        """Take the code from GitHub; show the refusal as a page, not as an error."""
        self.check_arguments()
        try:
            user = await self.login_user()
        except (HTTPClientError, OSError) as error:
            # The person can do nothing about it and needs no traceback; whoever runs the lab does.
            self.log.error("GitHub could not be asked who somebody is: %s", error)  # noqa: TRY400
            raise web.HTTPError(
                503, "GitHub could not be reached to ask who you are: try again in a minute."
            ) from None
        if user is not None:
            self.redirect(self.get_next_url(user))
            return
        self.set_status(403)
        self.set_header("Cache-Control", "no-store")
        page = await self.render_template(
            "refused.html",
            signed_in_as=self.signed_in_as,
            switch_url=f"{self.authenticator.login_url(self.hub.base_url)}?{SWITCH}=1",
        )
        self.finish(page)


class ClassroomGitHubOAuthenticator(GitHubOAuthenticator):
    """GitHub's authenticator with the classroom's page for those who may not enter."""

    login_handler = LoginHandler
    callback_handler = CallbackHandler

    async def authenticate(self, handler: Any, data: Any = None, **kwargs: Any) -> Any:
        """Remember for the refusal page who GitHub says it is."""
        model = await super().authenticate(handler, data, **kwargs)
        if model:
            handler.signed_in_as = model["name"]
        return model

    async def check_allowed(self, username: str, auth_model: dict[str, Any] | None) -> bool:
        """Remember of those whom no list names that their organization let them in."""
        allowed = bool(await super().check_allowed(username, auth_model))
        if allowed and auth_model and username not in self.allowed_users | self.admin_users:
            organizations = sorted(name.lower() for name in self.allowed_organizations)
            auth_model["user_info"][ADMITTED_BY] = organizations
        return allowed

    async def update_auth_model(self, auth_model: dict[str, Any]) -> dict[str, Any]:
        """Add the name and picture that the others see."""
        model: dict[str, Any] = await super().update_auth_model(auth_model)
        model["user_info"] = user_info(model["auth_state"][self.user_auth_state_key])
        return model
