"""Clear the outputs of a notebook that is too large to be opened: a button of its notice asks."""

from __future__ import annotations

from urllib.parse import quote

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from classroom.lab.files.contents_manager import ClassContents

ADDRESS = "classroom/api/outputs"
"""Below the server's own address, with a notebook's path behind (``docs/openapi.yaml``)."""


class OutputsHandler(APIHandler):
    """A notebook's outputs, in its file."""

    auth_resource = "contents"

    @web.authenticated
    @authorized
    async def delete(self, path: str) -> None:
        """Clear them.

        Args:
            path: the notebook's.

        Raises:
            HTTPError: they can't be cleared, with a sentence why.
        """
        contents = self.contents_manager
        if not isinstance(contents, ClassContents):
            raise web.HTTPError(404, "This lab has no files.")
        await contents.clear_outputs(path)
        self.log.info("%s cleared the outputs of %s", self.current_user.username, quote(path))
        self.set_status(204)
        self.finish()
