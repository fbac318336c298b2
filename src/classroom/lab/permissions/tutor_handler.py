"""Base for handlers that only tutors may use.

jupyter_server's base class rejects other origins, and requires the page's XSRF token.
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
    """Send the Hub a request.

    Args:
        auth: the lab's `HubOAuth`.
        method: the HTTP method.
        path: the path below the classroom's part of the Hub's API.
        headers: the headers, with the token that authenticates the request.
        body: sent as JSON; None for nothing.

    Returns:
        The Hub's answer; None if there is nothing in it.

    Raises:
        HTTPError: the Hub's status and sentence if it refuses; 503 if it doesn't answer.
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
    """Base of handlers that only tutors may call."""

    auth_resource = "classroom"

    async def prepare(self) -> None:  # type: ignore[override]
        """Reject callers who aren't tutors.

        Raises:
            HTTPError: 403 if the caller isn't a tutor now.
        """
        await super().prepare()
        if self.caller not in self.modes.tutors:
            raise web.HTTPError(403, gettext("Only a tutor may do that."))

    @property
    def modes(self) -> ModeService:
        """The lab's mode service."""
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
            HTTPError: 400 if the request doesn't say it.
        """
        found = self.get_json_body()
        wanted = found.get(name) if isinstance(found, dict) else None
        if not isinstance(wanted, bool):
            raise web.HTTPError(400, f"{name} must be true or false")
        return wanted

    async def ask_hub(self, method: str, path: str, body: Any = None) -> Any:
        """Send the Hub a request for the calling tutor, with the lab's token and the tutor's.

        Args:
            method: the HTTP method.
            path: the path below the classroom's part of the Hub's API.
            body: sent as JSON; None for nothing.

        Returns:
            The Hub's answer; None if there is nothing in it.

        Raises:
            HTTPError: the Hub's status and sentence if it refuses; 503 if it doesn't answer.
        """
        auth: HubOAuth = self.identity_provider.hub_auth  # type: ignore[attr-defined]
        headers = {
            "Authorization": f"token {auth.api_token}",
            # The Hub checks itself that the caller is a tutor.
            "X-Classroom-Tutor": str(auth.get_token(self) or ""),
        }
        return await ask(auth, method, path, headers, body)
