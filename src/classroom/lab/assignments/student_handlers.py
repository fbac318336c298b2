"""Answer students' pages about assignments: list their own, and hand one in."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aiohttp import ClientError
from jupyter_server.base.handlers import APIHandler
from jupyterhub.httpclient import fetch
from tornado import web

from classroom.lab import services
from classroom.lab.assignments.availability import service_of
from classroom.lab.permissions.mode_service import ModeService
from classroom.lab.permissions.tutor_handler import NO_HUB
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from jupyterhub.services.auth import HubOAuth

IN_OWN_LAB = gettext_noop("Your copy of “{name}” is in your own lab: hand it in there.")


class OwnAssignmentsHandler(APIHandler):
    """The caller's assignments."""

    auth_resource = "contents"

    @web.authenticated
    async def get(self) -> None:
        """List the assignments that the caller got, and what they have handed in."""
        person = str(self.current_user.username)
        found = await service_of(self, person).handing_in.mine(person)
        self.finish(json.dumps({"assignments": found}))


class HandInHandler(APIHandler):
    """One assignment of the caller."""

    auth_resource = "contents"

    @web.authenticated
    async def post(self, name: str) -> None:
        """Hand in the caller's present copy.

        Raises:
            HTTPError: 409 if the copy is in the caller's own lab, and this is another; then it
                isn't handed in.
        """
        person = str(self.current_user.username)
        assignments = service_of(self, person)
        is_own = bool(services.of(self)[ModeService].owner)
        if assignments.own and not is_own:
            raise web.HTTPError(HTTPStatus.CONFLICT, gettext(IN_OWN_LAB).format(name=name))
        bring = self._bring if is_own else None
        self.finish(json.dumps(await assignments.handing_in.hand_in(name, person, bring)))

    async def _bring(self, name: str) -> dict[str, Any]:
        """Make the Hub send the prepared folder to the class; pass on the caller's sign-in."""
        auth: HubOAuth = self.identity_provider.hub_auth  # type: ignore[attr-defined]
        try:
            answer = await fetch(
                f"{auth.api_url}/classroom/hand-in/{quote(name, safe='')}",
                method="POST",
                headers={"Authorization": f"token {auth.get_token(self) or ''}"},
                raise_for_status=False,
            )
        except (OSError, ClientError) as error:
            raise web.HTTPError(HTTPStatus.SERVICE_UNAVAILABLE, gettext(NO_HUB)) from error
        found: dict[str, Any] = await answer.json()
        if not answer.ok:
            raise web.HTTPError(answer.status, str(found["message"]))
        return found


HANDLERS: tuple[tuple[str, type[web.RequestHandler]], ...] = (
    (r"classroom/api/my/assignments", OwnAssignmentsHandler),
    (r"classroom/api/my/assignments/([^/]+)", HandInHandler),
)
