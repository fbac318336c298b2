"""Handlers that are for tutors alone, whatever they do.

jupyter_server's own handlers refuse other origins and want the page's XSRF token.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aiohttp import ClientError
from jupyter_server.base.handlers import APIHandler
from jupyterhub.httpclient import fetch
from tornado import web

from classroom.lab import services
from classroom.lab.permissions.mode_service import ModeService
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyterhub.services.auth import HubOAuth

NO_HUB = gettext_noop(
    "The Hub does not answer, perhaps because it is being restarted: try again in a moment."
)


async def ask(
    auth: HubOAuth, method: str, path: str, headers: Mapping[str, str], body: Any = None
) -> Any:
    """Ask the Hub.

    Args:
        auth: the lab's way to it.
        method: the HTTP method.
        path: below the classroom's part of the Hub's API.
        headers: contain the token that authenticates the request.
        body: sent as JSON; None for nothing.

    Returns:
        The Hub's answer; None if there is nothing in it.

    Raises:
        HTTPError: with the Hub's status and sentence, when it says no; 503, it doesn't answer.
    """
    try:
        answer = await fetch(
            f"{auth.api_url}/classroom/{path}",
            method=method,
            headers=dict(headers),
            json=body,
            raise_for_status=False,
        )
        said: Any = None if answer.status == HTTPStatus.NO_CONTENT else await answer.json()
    except (OSError, ClientError, ValueError) as error:
        raise web.HTTPError(503, gettext(NO_HUB)) from error
    if not answer.ok:
        raise web.HTTPError(answer.status, said["message"])
    return said


class TutorHandler(APIHandler):
    """Takes calls of tutors alone."""

    auth_resource = "classroom"

    async def prepare(self) -> None:  # type: ignore[override]
        """Refuse everybody else.

        Raises:
            HTTPError: 403, the caller is no tutor just now.
        """
        await super().prepare()
        if self.caller not in self.modes.tutors:
            raise web.HTTPError(403, gettext("Only a tutor may do that."))

    @property
    def modes(self) -> ModeService:
        """What holds in the lab."""
        return services.of(self)[ModeService]

    @property
    def caller(self) -> str:
        """The signed-in user's name; "" for nobody."""
        return str(getattr(self.current_user, "username", ""))

    def wanted(self, name: str) -> bool:
        """Read whether to switch on or off.

        Args:
            name: the answer's name in the request's JSON object.

        Raises:
            HTTPError: 400, the request doesn't say.
        """
        found = self.get_json_body()
        wanted = found.get(name) if isinstance(found, dict) else None
        if not isinstance(wanted, bool):
            raise web.HTTPError(400, f"{name} must be true or false")
        return wanted

    async def ask_hub(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the Hub for the tutor who calls: it wants to see the lab's token, and theirs.

        Args:
            method: the HTTP method.
            path: below the classroom's part of the Hub's API.
            body: sent as JSON; None for nothing.

        Returns:
            The Hub's answer; None if there is nothing in it.

        Raises:
            HTTPError: with the Hub's status and sentence, when it says no; 503, it doesn't answer.
        """
        auth: HubOAuth = self.identity_provider.hub_auth  # type: ignore[attr-defined]
        headers = {
            "Authorization": f"token {auth.api_token}",
            # The Hub doesn't take our word that a tutor asks.
            "X-Classroom-Tutor": str(auth.get_token(self) or ""),
        }
        return await ask(auth, method, path, headers, body)
