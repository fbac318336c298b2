"""Sign-in with GitHub: who somebody is, and what they see when they may not enter."""

from __future__ import annotations

from typing import Any

from oauthenticator.github import GitHubOAuthenticator
from oauthenticator.oauth2 import OAuthCallbackHandler, OAuthLoginHandler
from tornado import web
from tornado.httpclient import HTTPClientError

from classroom.hub.allowlist import ADMITTED_BY

SWITCH = "switch"
"""Query argument of the sign-in address that lets somebody choose another GitHub account."""


def user_info(github_user: dict[str, Any]) -> dict[str, Any]:
    """Pick what the others see of somebody from GitHub's user object.

    Args:
        github_user: GitHub's answer to ``GET /user``.

    Returns:
        JupyterHub's ``user_info``: name, display_name, initials and avatar_url.
    """
    login = str(github_user["login"])
    shown = str(github_user.get("name") or "").strip() or login
    words = shown.split()
    initials = "".join(word[0] for word in (words[:1] + words[-1:] if words[1:] else words))
    info = {"name": login.lower(), "display_name": shown, "initials": initials.upper()}
    if avatar := github_user.get("avatar_url"):
        info["avatar_url"] = str(avatar)
    return info


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
