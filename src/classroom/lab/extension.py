"""The classroom's server extension: our handlers, before those they stand in for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_server.utils import url_path_join

from classroom.lab import upstream
from classroom.lab.exporters import ExportersHandler
from classroom.lab.personal import PersonalSettingsHandler, PersonalWorkspacesHandler
from classroom.lab.rooms import ClassDocumentRoom, ClassTransientRoom
from classroom.lab.sockets import RoomSocket

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

HANDLERS = (
    (r"api/nbconvert", ExportersHandler),
    (r"lab/api/workspaces/?", PersonalWorkspacesHandler),
    (r"lab/api/workspaces/(?P<space_name>.+)", PersonalWorkspacesHandler),
    (r"lab/api/settings/?", PersonalSettingsHandler),
    (r"lab/api/settings/(?P<schema_name>.+)", PersonalSettingsHandler),
)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Tell jupyter_server where the extension is."""
    return [{"module": "classroom.lab.extension"}]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    """Put our rooms in the place of upstream's, and add the handlers.

    Extensions load in the order of their names and the first handler for an address wins: ours
    come before jupyterlab's, and any extension's before the server's own. jupyter_server_ydoc,
    whose rooms they are, is loaded after this one too.
    """
    # traitlets leaves the logger at DEBUG and filters in its handler, after each record is made.
    app.log.setLevel(app.log_level)
    upstream.check()
    upstream.use(ClassDocumentRoom, ClassTransientRoom, RoomSocket)
    rules: list[Any] = [(url_path_join(app.base_url, path), handler) for path, handler in HANDLERS]
    app.web_app.add_handlers(".*$", rules)  # type: ignore[no-untyped-call]
