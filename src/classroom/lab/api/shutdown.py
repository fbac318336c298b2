"""Nobody ends the lab server for all: the supervisor runs it, and `docker stop` ends it."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from classroom.runtime.words import gettext


class NoShutdownHandler(APIHandler):
    """Stands in for jupyter_server's, by which whoever is signed in could."""

    auth_resource = "server"

    @web.authenticated
    @authorized
    def post(self) -> None:
        """Refuse.

        Raises:
            HTTPError: 403.
        """
        raise web.HTTPError(403, gettext("Everybody uses this lab: stop it where it was started"))
