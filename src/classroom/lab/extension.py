"""The classroom's server extension: it adds our rooms and handlers to the lab server."""

from __future__ import annotations

import functools
import logging
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.utils import url_path_join
from jupyter_server_ydoc.utils import SERVER_SESSION, YDOC_SERVER_VERSION
from jupyter_ydoc import ydocs
from prometheus_client import Gauge

from classroom.lab import hub_credentials, recovering, services, starting
from classroom.lab.api import labs, sharing
from classroom.lab.api.usage import Usage
from classroom.lab.assignments import availability
from classroom.lab.chat import setup
from classroom.lab.connections.receive_limits import ReceiveLimits
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
from classroom.lab.people.welcome import WelcomeNotebook
from classroom.lab.permissions import same_origin, view_only
from classroom.lab.permissions.mode_service import ModeService
from classroom.lab.protocol.lib0 import FRAME_BYTES
from classroom.lab.rooms import session_requests, timeline
from classroom.lab.rooms.document_room import ClassDocumentRoom, ClassTransientRoom
from classroom.lab.rooms.room_socket import RoomSocket
from classroom.lab.routes import HANDLERS
from classroom.lab.storage import collaboration_sessions, ystore
from classroom.lab.storage.collaboration_sessions import CollaborationSessions
from classroom.lab.storage.journal import Journal
from classroom.lab.storage.saved_hashes import Saves
from classroom.lab.upstream import (
    contract,
    document_hash,
    handler_patches,
    known_cookies,
    page_cache,
    page_language,
    patches,
    root_task,
    socket_patches,
)
from classroom.runtime import (
    body_limits,
    cookie_names,
    credentials,
    words,
)
from classroom.runtime.paths import own

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp
    from tornado.websocket import WebSocketHandler


HISTORY = Gauge("classroom_history_bytes", "Size of the documents' history on the disk.")


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Return the extension's module to jupyter_server."""
    return [{"module": "classroom.lab.extension"}]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    """Replace upstream's rooms by ours, and add our handlers.

    Extensions load in the order of their names, and the first handler for an address wins. So our
    handlers come before jupyterlab's, and every extension's handlers come before the server's own.
    jupyter_server_ydoc, which makes the rooms, also loads after this extension.
    """
    # traitlets leaves the logger at DEBUG and filters only in the handler, after making the record.
    app.log.setLevel(app.log_level)
    # Our modules' loggers: without handlers Python prints warnings unformatted, and drops the rest.
    ours = logging.getLogger("classroom")
    ours.handlers = list(app.log.handlers)
    ours.setLevel(app.log.level)
    of_lab = partial(body_limits.of_lab, prefix=app.base_url)
    body_limits.bound(app.web_app, of_lab, body_limits.BodyQueue(body_limits.LARGE_BODIES_BYTES))
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
    app.web_app.settings["websocket_max_message_size"] = FRAME_BYTES
    if isinstance(app.kernel_manager, StudentKernels):  # not in a measurement of the rooms alone
        app.kernel_manager.notebooks = Notebooks(app)
        app.kernel_manager.services = found
        room_hooks.use(lab.hooks, app.kernel_manager)
        follow_files(app, app.session_manager)
        # Before the first request: the server deletes a session whose kernel it doesn't know.
        adopted = app.io_loop.run_sync(app.kernel_manager.adopt_all)
        if adopted:
            app.log.info("Adopted kernels: %s", ", ".join(adopted))
        # Only when the first participant comes: nobody could use a spare kernel earlier, and an
        # empty lab needs less memory without one.
        warm = partial(app.io_loop.add_callback, app.kernel_manager.warm)
        lab.participants.before_all = warm
    _tell_pages(app, lab)
    rules: list[Any] = [(url_path_join(app.base_url, path), handler) for path, handler in HANDLERS]
    app.web_app.add_handlers(".*$", rules)


def _tell_pages(app: ServerApp, lab: LabContext) -> None:
    """Put what the page's extensions need to know about this lab into the page configuration."""
    hub_auth = getattr(app.identity_provider, "hub_auth", None)
    home = "" if hub_auth is None else f"{hub_auth.hub_host}{hub_auth.hub_prefix}home"
    known = app.web_app.settings.get("jinja_template_vars", {})
    app.web_app.settings["jinja_template_vars"] = {**known, **error_sentences.ways_on(home)}
    page_config = app.web_app.settings.setdefault("page_config_data", {})
    page_socket.announce(page_config)
    pages = headers.ClassPages(config=app.config)
    labs.announce(page_config, several=pages.labs)
    sharing.announce(page_config, owner=starting.owner_of_lab(), github=pages.github)
    headers.announce(page_config, lab.policies)
    availability.announce(page_config, owner=starting.owner_of_lab(), own=pages.own_labs)


def _make(app: ServerApp) -> LabContext:
    """Make the lab's context."""
    # A measurement of the rooms alone has no journal.
    keeps = isinstance(app.contents_manager, ClassContents)
    journal = Journal(ystore.file_of(app.config)) if keeps else None
    return LabContext(Usage(Path(app.root_dir)), headers.of(app), journal)


@functools.cache
def _patch() -> None:
    """Patch upstream where it has no hook: once in this process, for all its labs."""
    ydocs[KIND] = ClassNotebook  # where upstream looks it up
    patches.use(ClassDocumentRoom, ClassTransientRoom, RoomSocket, ClassLoader)
    socket_patches.watch_sockets(_watch)
    socket_patches.bound_sockets(_bounded)
    patches.ask_always(_begin)
    patches.keep_refusals(lambda handler: services.of_any(handler) is not None)
    document_hash.use()
    page_language.use(words.locale())
    page_cache.use()  # after `page_language`: it caches the result
    headers.use()
    timeline.use()


def close(app: ServerApp) -> None:
    """Write what a lab still has in memory, after it has stopped serving.

    Args:
        app: the lab's server; it may have failed to start.
    """
    web_app = getattr(app, "web_app", None)
    if web_app is not None and (lab := web_app.settings.get(services.KEY)) is not None:
        lab[LabContext].close()


def _watch(handler: WebSocketHandler) -> None:
    """Register a socket that a client opens."""
    if (lab := services.of_any(handler)) is not None:
        lab[Connections].add(handler)
        lab[ModeService].guard(handler)


def _bounded(handler: WebSocketHandler) -> ReceiveLimits | None:
    """Return the limits of a socket; None if its server is no lab."""
    lab = services.of_any(handler)
    return None if lab is None else lab[ReceiveLimits]


def _begin(handler: Any) -> None:
    """Check an authorised request before its handler runs."""
    if (lab := services.of_any(handler)) is not None:
        request_checks.check(handler)
        session_requests.check(handler)
        lab[Connections].admit(handler)
        lab[Connections].answering(handler)


def _begin_session(app: ServerApp, journal: Journal) -> CollaborationSessions:
    """Accept pages again that were loaded before this server started."""
    kinds = sorted(f"{kind}-{ydocs[kind]().version}" for kind in ydocs)
    version = " ".join((YDOC_SERVER_VERSION, *kinds))
    if restored := ystore.restored_of(app.config):
        version += collaboration_sessions.RESTORED + restored
    known = app.io_loop.run_sync(
        partial(collaboration_sessions.begin, journal, SERVER_SESSION, version)
    )
    root = app.web_app.settings["server_root_dir"]
    sessions = CollaborationSessions(journal, version, known)

    def refusal(session: str) -> str:
        found = collaboration_sessions.refusal(session, version, known)
        return found.word if found else ""

    patches.go_by(root, refusal)
    return sessions


async def _start_jupyter_server_extension(app: ServerApp) -> None:
    """Start the lab's background tasks."""
    await starting.start(app)
