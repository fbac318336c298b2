"""The classroom's server extension: our handlers, before those they stand in for."""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.utils import url_path_join
from jupyter_server_ydoc.utils import SERVER_SESSION, YDOC_SERVER_VERSION
from jupyter_ydoc import ydocs
from prometheus_client import Gauge

from classroom.lab import hub_credentials, recovering, services
from classroom.lab.api import labs, sharing
from classroom.lab.api.usage import Usage
from classroom.lab.assignments import availability
from classroom.lab.assignments.places import Places
from classroom.lab.assignments.service import Assignments
from classroom.lab.assignments.store import Store
from classroom.lab.chat import setup
from classroom.lab.connections.receive_limits import ReceiveLimits
from classroom.lab.connections.refusal_log import RefusalLog
from classroom.lab.connections.registry import Connections
from classroom.lab.context import LabContext
from classroom.lab.execution import request_checks, room_hooks
from classroom.lab.execution.kernel_manager import StudentKernels
from classroom.lab.execution.open_notebooks import Notebooks
from classroom.lab.execution.session_manager import follow_files
from classroom.lab.files.beneath import Root
from classroom.lab.files.contents_manager import ClassContents
from classroom.lab.files.file_loader import ClassLoader
from classroom.lab.files.notebook import KIND, ClassNotebook
from classroom.lab.pages import error_sentences, headers
from classroom.lab.people import page_socket, welcome
from classroom.lab.people.idleness import Idleness
from classroom.lab.people.revocation import Revocation
from classroom.lab.people.welcome import WelcomeNotebook
from classroom.lab.permissions import authorizer, same_origin, view_only
from classroom.lab.permissions.mode_service import ModeService
from classroom.lab.protocol.lib0 import FRAME
from classroom.lab.rooms import session_requests, timeline
from classroom.lab.rooms.document_room import ClassDocumentRoom, ClassTransientRoom
from classroom.lab.rooms.room_socket import RoomSocket
from classroom.lab.routes import HANDLERS
from classroom.lab.snapshots import handlers as snapshots
from classroom.lab.snapshots.restore import RestoreService
from classroom.lab.storage import page_sessions, ystore
from classroom.lab.storage.journal import Journal
from classroom.lab.storage.page_sessions import PageSessions
from classroom.lab.storage.saved_hashes import Saves
from classroom.lab.upstream import (
    contract,
    document_hash,
    fork_limit,
    handler_patches,
    known_cookies,
    page_cache,
    page_language,
    patches,
    root_task,
)
from classroom.runtime import (
    background_tasks,
    backlog,
    body_limits,
    cookie_names,
    credentials,
    words,
)
from classroom.runtime.access_state import VIEW
from classroom.runtime.ipc.server import serve
from classroom.runtime.paths import own

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp
    from tornado.websocket import WebSocketHandler

    from classroom.runtime.access_state import Standing
    from classroom.runtime.paths import Paths

HISTORY = Gauge("classroom_history_bytes", "Size of the documents' history on the disk.")
LONGEST_STALL = Gauge(
    "classroom_longest_stall_seconds",
    "The longest time that one step held the lab server's event loop, within the last minute.",
)
STALLS = Gauge(
    "classroom_stalls_over_budget",
    "How often one step held the lab server's event loop for more than 250 ms, since the start.",
)
NO_RULE = "No view-only rule for these handlers; view-only users get 403: %s"


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
    # Our modules' own loggers: without it Python prints their warnings bare, and no information.
    ours = logging.getLogger("classroom")
    ours.handlers = list(app.log.handlers)
    ours.setLevel(app.log.level)
    of_lab = partial(body_limits.of_lab, prefix=app.base_url)
    body_limits.bound(app.web_app, of_lab, body_limits.BodyQueue(body_limits.TOGETHER))
    if (hub_auth := getattr(app.identity_provider, "hub_auth", None)) is not None:
        hub_credentials.forget(hub_auth)
        lab_id = os.environ.get(credentials.LAB_ID) or credentials.lab_id(app.cookie_secret)
        renamed = (cookie_names.SESSION, hub_auth.cookie_name)
        cookie_names.use(app.web_app, lab_id, renamed)
        same_origin.use(hub_auth)
        known_cookies.use(hub_auth)
        handler_patches.use(app.identity_provider)
    contract.check(chat=isinstance(app.contents_manager, ClassContents))
    _patch()
    root_task.use(app.io_loop)
    lab = _make(app)
    app.web_app.settings[services.KEY] = found = lab.services()
    if lab.journal is not None and isinstance(app.contents_manager, ClassContents):
        app.contents_manager.saves = Saves(lab.journal)
        app.contents_manager.tell = lambda name, text: lab.notifications.tell({name}, text)
        lab.journal.disk.told = partial(recovering.follow_disk, app, lab)
        app.io_loop.run_sync(lab.journal.begin)
        HISTORY.set_function(lambda: lab.journal.size if lab.journal else 0)
        setup.use(app, lab.hooks)
        given = WelcomeNotebook(config=app.config)
        lab.greeting.begin(Root(app.root_dir), own().history / welcome.FILE, given)
        lab.former.sessions = _begin_session(app, lab.journal)
        lab.former.may_write = lambda name: not lab.modes.is_view_only(name)
        for documents in app.extension_manager.extension_apps.get("jupyter_server_ydoc", ()):
            documents.ystore_class = ystore.of(lab.journal)
    view_only.use(lab.hooks, lab.modes)
    lab.documents.use(lab.hooks)
    app.web_app.settings["websocket_max_message_size"] = FRAME
    if isinstance(app.kernel_manager, StudentKernels):  # not where only the rooms are measured
        app.kernel_manager.notebooks = Notebooks(app)
        app.kernel_manager.services = found
        room_hooks.use(lab.hooks, app.kernel_manager)
        follow_files(app, app.session_manager)
        # Before anybody can ask: a session whose kernel isn't known is forgotten.
        adopted = app.io_loop.run_sync(app.kernel_manager.adopt_all)
        if adopted:
            app.log.info("Adopted kernels: %s", ", ".join(adopted))
        # Nobody's kernel is any sooner before that, and a lab in which nobody is stays small.
        warm = partial(app.io_loop.add_callback, app.kernel_manager.warm)
        lab.participants.before_all = warm
    _tell_pages(app, lab)
    rules: list[Any] = [(url_path_join(app.base_url, path), handler) for path, handler in HANDLERS]
    app.web_app.add_handlers(".*$", rules)


def _tell_pages(app: ServerApp, lab: LabContext) -> None:
    """Say to each page that loads what its extensions have to know of this lab."""
    hub_auth = getattr(app.identity_provider, "hub_auth", None)
    home = "" if hub_auth is None else f"{hub_auth.hub_host}{hub_auth.hub_prefix}home"
    known = app.web_app.settings.get("jinja_template_vars", {})
    app.web_app.settings["jinja_template_vars"] = {**known, **error_sentences.ways_on(home)}
    page_config = app.web_app.settings.setdefault("page_config_data", {})
    page_socket.announce(page_config)
    labs.announce(page_config, several=headers.ClassPages(config=app.config).labs)
    sharing.announce(page_config, owner=owner_of_lab())
    headers.announce(page_config, lab.policies)
    own_labs = headers.ClassPages(config=app.config).own_labs
    availability.announce(page_config, owner=owner_of_lab(), own=own_labs)


def _make(app: ServerApp) -> LabContext:
    """Make what this lab has one of."""
    keeps = isinstance(app.contents_manager, ClassContents)  # not where only rooms are measured
    journal = Journal(ystore.file_of(app.config)) if keeps else None
    return LabContext(Usage(Path(app.root_dir)), headers.of(app), journal)


@functools.cache
def _patch() -> None:
    """Change what upstream has no hook for: once, for all labs of this process."""
    ydocs[KIND] = ClassNotebook  # where upstream looks it up
    patches.use(ClassDocumentRoom, ClassTransientRoom, RoomSocket, ClassLoader)
    patches.watch_sockets(_watch)
    patches.bound_sockets(_bounded)
    patches.ask_always(_begin)
    patches.keep_refusals(lambda handler: services.of_any(handler) is not None)
    document_hash.use()
    page_language.use(words.locale())
    page_cache.use()  # it remembers what the one before has changed
    headers.use()
    timeline.use()


def close(app: ServerApp) -> None:
    """Write what a lab still has in memory; it has served for the last time.

    Args:
        app: its server, however far it came.
    """
    web_app = getattr(app, "web_app", None)
    if web_app is not None and (lab := web_app.settings.get(services.KEY)) is not None:
        lab[LabContext].close()


def _watch(handler: WebSocketHandler) -> None:
    """Take note of a socket that somebody asks for."""
    if (lab := services.of_any(handler)) is not None:
        lab[Connections].add(handler)
        lab[ModeService].guard(handler)


def _bounded(handler: WebSocketHandler) -> ReceiveLimits | None:
    """Find what stands before what a socket reads and writes; None where there is no lab."""
    lab = services.of_any(handler)
    return None if lab is None else lab[ReceiveLimits]


def _begin(handler: Any) -> None:
    """Look at a request that is allowed, before its handler does."""
    if (lab := services.of_any(handler)) is not None:
        request_checks.check(handler)
        session_requests.check(handler)
        lab[Connections].admit(handler)
        lab[Connections].answering(handler)


def _begin_session(app: ServerApp, journal: Journal) -> PageSessions:
    """Let pages come back that were opened before this server was."""
    kinds = sorted(f"{kind}-{ydocs[kind]().version}" for kind in ydocs)
    version = " ".join((YDOC_SERVER_VERSION, *kinds))
    if restored := ystore.restored_of(app.config):
        version += page_sessions.RESTORED + restored
    known = app.io_loop.run_sync(partial(page_sessions.begin, journal, SERVER_SESSION, version))
    root = app.web_app.settings["server_root_dir"]
    sessions = PageSessions(journal, version, known)

    def refusal(session: str) -> str:
        found = page_sessions.refusal(session, version, known)
        return found.word if found else ""

    patches.go_by(root, refusal)
    return sessions


async def _start_jupyter_server_extension(app: ServerApp) -> None:
    """Follow the Hub's word on people; leave what stays out of every garbage collection."""
    lab: LabContext = app.web_app.settings[services.KEY][LabContext]
    lab.stalls.begin()
    backlog.widen(app.http_server)
    LONGEST_STALL.set_function(lab.stalls.longest)
    STALLS.set_function(lambda: lab.stalls.over_budget)
    hub_auth = getattr(app.identity_provider, "hub_auth", None)
    if hub_auth is not None:  # there is none where only the rooms are measured
        paths, owner = own(), owner_of_lab()
        appoint = partial(_appoint, app, lab)
        lab.modes.owner = owner
        followed = Revocation(lab.connections, hub_auth, app.log, appoint, owner)
        followed.places = lab.participants.places
        lab.modes.load(paths.driving)
        lab.guests.load(paths.removed_guests)
        # Without it nobody's access ends any more.
        work = followed.follow(paths.standing, paths.here)
        background_tasks.start(work, "Following who may be here", app.log, app.stop)
        if owner:
            unused = Idleness(app, lab.connections).write_down(paths.idle)
            background_tasks.start(unused, "Writing down since when nobody is here", app.log)
        _restore(app, paths)
        if availability.has_assignments(owner, own=headers.ClassPages(config=app.config).own_labs):
            _assign(app, paths, lab)
    # JupyterHub has put in its own since we were loaded.
    settings = app.web_app.settings
    RefusalLog(app.log, settings["log_function"]).use(settings)
    setup.hide(settings)
    headers.give_no_token(app.web_app.settings)
    setup.stop_looking(app.web_app.settings)
    if missing := authorizer.without_rule(app.web_app):
        app.log.warning(NO_RULE, ", ".join(missing))
    for collaboration in app.extension_manager.extension_apps.get("jupyter_server_ydoc", ()):
        # Upstream starts it with the first document, and fails to stop what was never started.
        server = collaboration.ywebsocket_server
        fork_limit.bound(server.rooms)
        # Without it no document opens any more.
        background_tasks.start(server.start(), "The server of the rooms", app.log, app.stop)
        patches.before_stop(collaboration, partial(_finish, server, app))
    if isinstance(app.contents_manager, ClassContents):
        background_tasks.start(
            recovering.recover(app, app.contents_manager), "Recovering documents", app.log
        )
    gc.collect()
    gc.freeze()


def owner_of_lab() -> str:
    """Return whose lab this is to the Hub, somebody's or a room's; "" for the class's."""
    return os.environ.get("JUPYTERHUB_USER", "")


def _appoint(app: ServerApp, lab: LabContext, found: Standing) -> None:
    """Take over who is a tutor now, who only looks on here, and what labs there are; tell pages."""
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
    """Save every document that is open, and what can be though one can't."""
    rooms = [room for room in server.rooms.values() if isinstance(room, ClassDocumentRoom)]
    results = await asyncio.gather(*(room.finish() for room in rooms), return_exceptions=True)
    for room, error in zip(rooms, results, strict=True):
        if error is not None:
            app.log.error(
                "%s could not be saved; its changes are in the journal: %s", room.room_id, error
            )


def _restore(app: ServerApp, paths: Paths) -> None:
    """Take tutors' and root's word to go back to a snapshot."""
    (documents,) = app.extension_manager.extension_apps["jupyter_server_ydoc"]
    contents: Any = app.contents_manager
    restoring = RestoreService(paths.snapshots_socket, contents, documents, app.log)
    app.web_app.settings[snapshots.KEY] = restoring
    paths.restoring_socket.unlink(missing_ok=True)  # of a server that was killed
    known = {"restoring": restoring}
    serve(paths.restoring_socket, [("/restore", snapshots.RootsHandler, known)], {0})


def _assign(app: ServerApp, paths: Paths, lab: LabContext) -> None:
    """Let tutors hand out and collect in the class, and students hand in, also in their own lab."""
    (documents,) = app.extension_manager.extension_apps["jupyter_server_ydoc"]
    contents: Any = app.contents_manager
    own_labs = headers.ClassPages(config=app.config).own_labs
    store = Store(paths.assignments)
    places = Places(contents.root, contents.scratch_folder, store, own=own_labs)
    made = Assignments(places, contents, documents, lab.notifications, app.log)
    app.web_app.settings[availability.KEY] = made
