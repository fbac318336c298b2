"""Reject requests to shut the lab server down: only `docker stop` ends it."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from classroom.runtime.words import gettext


class NoShutdownHandler(APIHandler):
    """Replaces jupyter_server's handler, by which any signed-in user could shut it down."""

    auth_resource = "server"

    @web.authenticated
    @authorized
    def post(self) -> None:
        """Reject the request.

        Raises:
            HTTPError: 403, always.
        """
        raise web.HTTPError(403, gettext("Everybody uses this lab: stop it where it was started"))
