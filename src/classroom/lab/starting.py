"""Start a lab's background work: following the Hub, recovering documents, saving at the end."""

from __future__ import annotations

import asyncio
import gc
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from prometheus_client import Gauge

from classroom.lab import recovering, services
from classroom.lab.api import labs
from classroom.lab.api.opening_check import OpeningCheck, OpeningsHandler
from classroom.lab.api.page_notices import PageNotices
from classroom.lab.assignments import availability
from classroom.lab.assignments.live_files import LiveFiles
from classroom.lab.assignments.service import Assignments
from classroom.lab.assignments.storage import AssignmentStorage
from classroom.lab.assignments.store import Store
from classroom.lab.chat import setup
from classroom.lab.connections import freed_memory
from classroom.lab.connections.refusal_log import RefusalLog
from classroom.lab.context import LabContext
from classroom.lab.copies.saving import SaveHandler
from classroom.lab.files.contents_manager import ClassContents
from classroom.lab.pages import headers
from classroom.lab.people.idleness import Idleness
from classroom.lab.people.revocation import Revocation
from classroom.lab.permissions import authorizer
from classroom.lab.rooms.document_room import ClassDocumentRoom
from classroom.lab.snapshots import handlers as snapshots
from classroom.lab.snapshots.restore import RestoreService
from classroom.lab.upstream import fork_limit, patches, stop_signals
from classroom.runtime import background_tasks, backlog
from classroom.runtime.access_state import VIEW
from classroom.runtime.ipc.server import serve
from classroom.runtime.paths import own

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

    from classroom.runtime.access_state import Standing
    from classroom.runtime.paths import Paths

LONGEST_STALL = Gauge(
    "classroom_longest_stall_seconds",
    "The longest time that one step held the lab server's event loop, within the last minute.",
)
STALLS = Gauge(
    "classroom_stalls_over_budget",
    "How often one step held the lab server's event loop for more than 250 ms, since the start.",
)
NO_RULE = "No view-only rule for these handlers; view-only users get 403: %s"


async def start(app: ServerApp) -> None:
    """Start the lab's background tasks, then exempt all present objects from garbage collection.

    Args:
        app: the lab's server, on its event loop, after all extensions have loaded.
    """
    stop_signals.use(app)
    has: services.Services = app.web_app.settings[services.KEY]
    lab = has[LabContext]
    lab.stalls.begin()
    backlog.widen(app.http_server)
    notices = PageNotices(app, lab.connections, lab.usage)
    has.add(notices)
    background_tasks.start(notices.follow(), "Notifying pages of changes", app.log)
    freeing = freed_memory.follow(lambda: len(lab.connections.pages()))
    background_tasks.start(freeing, "Returning unused memory", app.log)
    LONGEST_STALL.set_function(lab.stalls.longest)
    STALLS.set_function(lambda: lab.stalls.over_budget)
    hub_auth = getattr(app.identity_provider, "hub_auth", None)
    if hub_auth is not None:  # it is None in a measurement of the rooms alone
        paths, owner = own(), owner_of_lab()
        appoint = partial(_appoint, app, lab)
        lab.modes.owner = owner
        followed = Revocation(lab.connections, hub_auth, app.log, appoint, owner)
        followed.places = lab.participants.places
        lab.modes.load(paths.driving)
        lab.guests.load(paths.removed_guests)
        # If this task fails the lab stops: nobody's access would be withdrawn any more.
        work = followed.follow(paths.standing, paths.here)
        background_tasks.start(work, "Following the list of allowed users", app.log, app.stop)
        if owner:
            unused = Idleness(app, lab.connections).write_down(paths.idle)
            background_tasks.start(unused, "Recording how long the lab is empty", app.log)
        _restore(app, paths)
        if availability.has_assignments(owner, own=headers.ClassPages(config=app.config).own_labs):
            _assign(app, paths, lab)
    # Only now: JupyterHub sets its log function and page hook after our extension has loaded.
    settings = app.web_app.settings
    RefusalLog(app.log, settings["log_function"]).use(settings)
    setup.hide(settings)
    headers.give_no_token(app.web_app.settings)
    setup.stop_looking(app.web_app.settings)
    if missing := authorizer.without_rule(app.web_app):
        app.log.warning(NO_RULE, ", ".join(missing))
    for collaboration in app.extension_manager.extension_apps.get("jupyter_server_ydoc", ()):
        # Upstream starts it with the first document, and can't stop a server that never started.
        server = collaboration.ywebsocket_server
        fork_limit.bound(server.rooms)
        # If this task fails the lab stops: no document would open any more.
        background_tasks.start(server.start(), "The room server", app.log, app.stop)
        patches.before_stop(collaboration, partial(_finish, server, app))
    if isinstance(app.contents_manager, ClassContents):
        background_tasks.start(
            recovering.recover(app, app.contents_manager), "Recovering documents", app.log
        )
    gc.collect()
    gc.freeze()


def owner_of_lab() -> str:
    """Return the Hub's name for this lab's owner: a person or a room; "" for the class's lab."""
    return os.environ.get("JUPYTERHUB_USER", "")


def _appoint(app: ServerApp, lab: LabContext, found: Standing) -> None:
    """Take over tutors, view-only guests and the existence of labs from the Hub; notify pages."""
    guests = found.guests(lab.modes.owner)
    viewers = frozenset(name for name, role in guests.items() if role == VIEW)
    lab.modes.appoint(found.tutors, viewers)
    if found.several is not None:
        settings = app.web_app.settings
        lab.participants.several = found.several
        labs.announce(settings["page_config_data"], several=found.several)
        if availability.KEY in settings and not lab.modes.owner:
            settings[availability.KEY].own = found.own
    lab.participants.tell()


async def _finish(server: Any, app: ServerApp) -> None:
    """Save every open document; one that can't be saved doesn't stop the others."""
    rooms = [room for room in server.rooms.values() if isinstance(room, ClassDocumentRoom)]
    results = await asyncio.gather(*(room.finish() for room in rooms), return_exceptions=True)
    for room, error in zip(rooms, results, strict=True):
        if error is not None:
            app.log.error(
                "%s could not be saved; its changes are in the journal: %s", room.room_id, error
            )


def _restore(app: ServerApp, paths: Paths) -> None:
    """Let tutors and root restore snapshots, and root save and open documents."""
    (documents,) = app.extension_manager.extension_apps["jupyter_server_ydoc"]
    contents: Any = app.contents_manager
    restoring = RestoreService(paths.snapshots_socket, contents, documents, app.log)
    app.web_app.settings[snapshots.KEY] = restoring
    paths.restoring_socket.unlink(missing_ok=True)  # left by a server that was killed
    roots = [
        ("/restore", snapshots.RootsHandler, {"restoring": restoring}),
        ("/documents", OpeningsHandler, {"checking": OpeningCheck(contents, documents)}),
        ("/save", SaveHandler, {"files": LiveFiles(contents, documents)}),
    ]
    serve(paths.restoring_socket, roots, {0})


def _assign(app: ServerApp, paths: Paths, lab: LabContext) -> None:
    """Let tutors hand out and collect, and students hand in, in the class and in their own labs."""
    (documents,) = app.extension_manager.extension_apps["jupyter_server_ydoc"]
    contents: Any = app.contents_manager
    own_labs = headers.ClassPages(config=app.config).own_labs
    store = Store(paths.assignments)
    storage = AssignmentStorage(contents.root, contents.scratch_folder, store, own=own_labs)
    made = Assignments(storage, contents, documents, lab.notifications, app.log)
    app.web_app.settings[availability.KEY] = made
