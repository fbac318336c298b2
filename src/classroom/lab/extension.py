"""The classroom's server extension: our handlers, before those they stand in for."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.utils import url_path_join

from classroom.lab import upstream
from classroom.lab.connections import Connections
from classroom.lab.exporters import ExportersHandler
from classroom.lab.notebooks import Notebooks
from classroom.lab.personal import PersonalSettingsHandler, PersonalWorkspacesHandler
from classroom.lab.revocation import Revocation
from classroom.lab.rooms import ClassDocumentRoom, ClassTransientRoom
from classroom.lab.sockets import RoomSocket
from classroom.lab.usage import Usage, UsageHandler
from classroom.paths import Paths

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

OPEN = Connections()
TASKS: set[asyncio.Task[None]] = set()
HANDLERS = (
    (r"api/nbconvert", ExportersHandler),
    (r"api/metrics/v1", UsageHandler),
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
    # Signed at each save, on the server's only thread: without this each waits for the disk. In WAL
    # mode a power cut loses the last signatures at most.
    app.contents_manager.notary.store.db.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
    )
    upstream.check()
    upstream.use(ClassDocumentRoom, ClassTransientRoom, RoomSocket)
    upstream.watch_sockets(OPEN.add)
    kernels: Any = app.kernel_manager
    kernels.notebooks = Notebooks(app)
    UsageHandler.usage = Usage(Path(app.root_dir))
    rules: list[Any] = [(url_path_join(app.base_url, path), handler) for path, handler in HANDLERS]
    app.web_app.add_handlers(".*$", rules)


async def _start_jupyter_server_extension(app: ServerApp) -> None:
    """Follow the Hub's word on people; leave what stays out of every garbage collection."""
    hub_auth = getattr(app.identity_provider, "hub_auth", None)
    if hub_auth is not None:  # there is none where only the rooms are measured
        paths, followed = Paths(), Revocation(OPEN, hub_auth.cache, app.log)
        task = asyncio.create_task(followed.follow(paths.standing, paths.here))
        task.add_done_callback(lambda task: _report(task, app))
        TASKS.add(task)
    gc.collect()
    gc.freeze()


def _report(task: asyncio.Task[None], app: ServerApp) -> None:
    """End the server when nobody is let go any more: the Hub starts it anew."""
    if not task.cancelled() and (error := task.exception()) is not None:
        app.log.critical("People are no longer followed: %s", error, exc_info=error)
        app.stop()
