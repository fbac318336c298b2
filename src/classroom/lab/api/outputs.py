"""Clear the outputs of a notebook that is too large to open, when a person asks in its notice."""

from __future__ import annotations

from urllib.parse import quote

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from classroom.lab.files.contents_manager import ClassContents

ADDRESS = "classroom/api/outputs"
"""Below the server's own address, followed by a notebook's path (``docs/openapi.yaml``)."""


class OutputsHandler(APIHandler):
    """The outputs in a notebook's file."""

    auth_resource = "contents"

    @web.authenticated
    @authorized
    async def delete(self, path: str) -> None:
        """Clear the outputs.

        Args:
            path: the notebook's path.

        Raises:
            HTTPError: the outputs can't be cleared; the sentence says why.
        """
        contents = self.contents_manager
        if not isinstance(contents, ClassContents):
            raise web.HTTPError(404, "This lab has no files.")
        await contents.clear_outputs(path)
        self.log.info("%s cleared the outputs of %s", self.current_user.username, quote(path))
        self.set_status(204)
        self.finish()
