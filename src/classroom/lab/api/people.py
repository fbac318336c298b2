"""What tutors and students ask about people: REST calls, documented in ``docs/openapi.yaml``."""

from __future__ import annotations

import json

from jupyter_server.base.handlers import APIHandler
from jupyterhub.utils import url_escape_path
from tornado import web

from classroom.lab import services
from classroom.lab.execution.run_history import RunHistory
from classroom.lab.permissions.tutor_handler import TutorHandler
from classroom.runtime.words import gettext, gettext_noop

ADDRESS = "classroom/api/people"
RUNS = "classroom/api/runs"
"""Both below the server's own address."""
AT_HOME = gettext_noop(
    "Nobody can be removed here: who may enter this lab stands in the configuration. Tutors remove"
    " people in the classroom."
)


class MemberHandler(TutorHandler):
    """Somebody who may be in the lab."""

    @web.authenticated
    async def delete(self, name: str) -> None:
        """Remove them: the Hub keeps them out, and whatever they have open ends.

        Args:
            name: the user's.

        Raises:
            HTTPError: with the Hub's status and sentence, when it doesn't; 403, in a lab of
                somebody's own.
        """
        if self.modes.owner:
            raise web.HTTPError(403, gettext(AT_HOME))
        await self.ask_hub("DELETE", f"people/{url_escape_path(name)}")
        self.log.info("access: %s removes %r", self.caller, name)
        self.set_status(204)
        self.finish()


class RunsHandler(APIHandler):
    """Who ran which cell of a notebook."""

    auth_resource = "contents"

    @web.authenticated
    def get(self) -> None:
        """List the last run of each cell."""
        path = str(self.get_query_argument("path", "", strip=False))
        notebook = self.settings["file_id_manager"].get_id(path)
        history = services.of(self)[RunHistory]
        self.finish(json.dumps({"runs": history.of(notebook) if notebook else []}))
