"""Request links to copies of files in this lab; the Hub creates the links.

Everybody who may read the lab's files may give a copy, also view-only people: they could download
a file and send it to anybody. A link works only for people who may sign in here.
"""

from __future__ import annotations

from typing import Any

from jupyter_server.base.handlers import APIHandler
from tornado import web

from classroom.lab import services
from classroom.lab.api.sharing import ask_as_caller, shown_once
from classroom.lab.copies import source
from classroom.lab.files.directory_entry import parts_of, path_of
from classroom.lab.files.http_errors import HIDDEN, said
from classroom.lab.permissions.mode_service import ModeService
from classroom.lab.storage import threads
from classroom.runtime.words import gettext, gettext_noop

ADDRESS = "classroom/api/copies"
"""Below the server's own address."""
NOT_ALL = gettext_noop("Choose a file or folder in the file browser, and not all of the lab.")


class CopyLinksHandler(APIHandler):
    """Links to copies of what is in this lab."""

    auth_resource = "classroom"

    @web.authenticated
    async def post(self) -> None:
        """Create a link, and show it only this once.

        Raises:
            HTTPError: 400, 403 or 404 if there can be no copy; the Hub's status and sentence if the
                Hub rejects the request; 503 if it doesn't answer.
        """
        asked: Any = self.get_json_body()
        path = str(asked.get("path", "")) if isinstance(asked, dict) else ""
        contents: Any = self.contents_manager
        with said(path):
            parts = parts_of(path)
            if not parts:
                raise web.HTTPError(400, gettext(NOT_ALL))
            if any(name.startswith(".") for name in parts):
                raise web.HTTPError(400, gettext(HIDDEN).format(path=path_of(parts)))
            seen = await threads.run(source.look, contents.root, parts)
        wanted = {
            "owner": services.of(self)[ModeService].owner,
            "path": path_of(parts),
            "folder": seen.is_folder,
            "kernel": seen.kernel,
            "seconds": asked.get("seconds"),
        }
        found = await ask_as_caller(self, "POST", "copies", wanted)
        self.finish(shown_once(self, found["place"]))
