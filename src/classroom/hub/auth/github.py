"""Sign-in with GitHub, and the page for people who may not enter."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any

from oauthenticator.github import GitHubOAuthenticator
from tornado.httpclient import HTTPClientError
from traitlets import Any as AnyTrait

from classroom.hub.access.policy import ADMITTED_BY
from classroom.hub.auth import membership
from classroom.hub.auth.membership import Membership
from classroom.hub.auth.oauth_sign_in import (
    CallbackHandler,
    CouldNotAskError,
    LoginHandler,
    NotTheSameError,
)
from classroom.hub.labs.members import ORGANIZATIONS
from classroom.runtime.words import gettext, gettext_noop

COULD_NOT_ASK = gettext_noop(
    "GitHub could not say whether you belong to {organizations}. Try again in a minute; if that"
    " goes on, tell a tutor."
)
ANOTHER = gettext_noop(
    "The GitHub name {name} belongs to another account than the one that was here before. A tutor"
    " has to confirm it."
)


def user_info(github_user: dict[str, Any]) -> dict[str, Any]:
    """Pick what others see of a person from GitHub's user object.

    Args:
        github_user: GitHub's answer to ``GET /user``.

    Returns:
        JupyterHub's ``user_info``: name, display_name and avatar_url; and the account's number,
        which stays when the name changes. The lab shows the number to nobody.
    """
    login = str(github_user["login"])
    shown = str(github_user.get("name") or "").strip() or login
    info: dict[str, Any] = {"name": login.lower(), "display_name": shown}
    if isinstance(number := github_user.get("id"), int):
        info["account"] = number
    if avatar := github_user.get("avatar_url"):
        info["avatar_url"] = str(avatar)
    return info


_unknown: ContextVar[list[str] | None] = ContextVar("unknown", default=None)
"""Organizations for which GitHub could not say whether the person belongs to them."""


class ClassroomGitHubOAuthenticator(GitHubOAuthenticator):
    """GitHub's authenticator, with the classroom's pages for people who may not enter."""

    login_handler = LoginHandler
    callback_handler = CallbackHandler
    rooms = AnyTrait(
        None,
        config=True,
        help="Decides what to ask GitHub at a sign-in (`LabRooms`); None for nothing.",
    )
    accounts = AnyTrait(
        None, config=True, help="Which account is behind each name (`Accounts`); None for any."
    )

    async def authenticate(self, handler: Any, data: Any = None, **kwargs: Any) -> Any:
        """Remember the GitHub name for the refusal page."""
        model = await super().authenticate(handler, data, **kwargs)
        if model:
            handler.signed_in_as = model["name"]
        return model

    async def check_allowed(self, username: str, auth_model: dict[str, Any] | None) -> bool:
        """Say whether a person may be in, and remember the organization that admits them.

        Raises:
            CouldNotAskError: it depends on an organization about which GitHub did not answer.
            NotTheSameError: another account had this name before.
        """
        unknown: list[str] = []
        token = _unknown.set(unknown)
        try:
            allowed = bool(await super().check_allowed(username, auth_model))
        finally:
            _unknown.reset(token)
        if auth_model is None:
            return allowed
        if not allowed and unknown:
            raise CouldNotAskError(
                gettext(COULD_NOT_ASK).format(organizations=" or ".join(unknown))
            )
        number = auth_model["auth_state"][self.user_auth_state_key].get("id")
        if self.accounts is not None and isinstance(number, int):
            self._check_account(username, number, allowed=allowed)
        if allowed and username not in self.allowed_users | self.admin_users:
            organizations = sorted(name.lower() for name in self.allowed_organizations)
            auth_model["user_info"][ADMITTED_BY] = organizations
        if allowed and self.rooms is not None:
            await self._ask_for_rooms(username, auth_model)
        return allowed

    async def _ask_for_rooms(self, name: str, auth_model: dict[str, Any]) -> None:
        """Ask to which organizations and teams of rooms and groups a person belongs.

        If GitHub can't say, the person does not belong, until the next sign-in; the log says so.
        """
        token = auth_model["auth_state"]["token_response"]
        proof = token["access_token"], token["token_type"]
        asked = self.rooms.to_ask()
        answers = await asyncio.gather(
            *(self._check_membership_allowed_organizations(one, name, *proof) for one in asked)
        )
        belongs = [one for one, answer in zip(asked, answers, strict=True) if answer]
        auth_model["user_info"][ORGANIZATIONS] = belongs

    def _check_account(self, name: str, number: int, *, allowed: bool) -> None:
        if not allowed:
            if before := self.accounts.former_name(name, number):
                self.log.warning("%s was here as %s: the GitHub name has changed", name, before)
            return
        if self.accounts.is_another(name, number):
            self.log.warning(
                "%s is another GitHub account now (%d), and was refused. If that is right, delete"
                " %s at /hub/admin and add them again",
                *(name, number, name),
            )
            raise NotTheSameError(gettext(ANOTHER).format(name=name))
        self.accounts.remember(name, number)

    def delete_user(self, user: Any) -> None:
        """Forget the account of a person whom a tutor has deleted."""
        super().delete_user(user)
        if self.accounts is not None:
            self.accounts.forget(user.name)

    async def _check_membership_allowed_organizations(
        self, org_team: str, username: str, access_token: str, token_type: str
    ) -> bool:
        """Ask GitHub, and remember if it could not say, which upstream treats as a no."""
        try:
            answer = await self.httpfetch(
                membership.address(self.github_api, org_team, username),
                f"membership of {org_team}",
                parse_json=False,
                raise_error=False,
                method="GET",
                headers=self.build_userdata_request_headers(access_token, token_type),
                validate_cert=self.validate_server_cert,
            )
        except (HTTPClientError, OSError) as error:
            found, why = Membership.UNKNOWN, str(error)
        else:
            found = membership.judge(answer.code)
            why = membership.reason(answer.code, answer.body or b"")
        if found is Membership.UNKNOWN:
            self.log.warning("GitHub can't say if %s belongs to %s: %s", username, org_team, why)
            if (unknown := _unknown.get()) is not None:
                unknown.append(org_team)
        return found is Membership.YES

    async def update_auth_model(self, auth_model: dict[str, Any]) -> dict[str, Any]:
        """Add the name and picture that others see."""
        model: dict[str, Any] = await super().update_auth_model(auth_model)
        model["user_info"] = user_info(model["auth_state"][self.user_auth_state_key])
        return model
