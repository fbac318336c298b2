"""Handlers that are for tutors alone, whatever they do.

jupyter_server's own handlers refuse other origins and want the page's XSRF token.
"""

from __future__ import annotations

from jupyter_server.base.handlers import APIHandler
from tornado import web

from classroom.lab import services
from classroom.lab.permissions.mode_service import ModeService
from classroom.runtime.words import gettext


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
            name: of the answer, in the request's JSON object.

        Raises:
            HTTPError: 400, the request doesn't say.
        """
        found = self.get_json_body()
        wanted = found.get(name) if isinstance(found, dict) else None
        if not isinstance(wanted, bool):
            raise web.HTTPError(400, f"{name} must be true or false")
        return wanted
