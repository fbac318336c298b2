"""Define who may use each handler and method of the lab.

`classroom.lab.permissions.authorizer` applies these rules, and logs handlers of a running server
that have no rule.
"""

from __future__ import annotations

from enum import Enum

from classroom.runtime.words import gettext_noop


class Rule(Enum):
    """Who may use a method."""

    READ = "read"
    """Everybody: it only reads, or writes only the user's own data."""
    WRITE = "write"
    """Everybody who isn't view-only."""
    TUTORS = "tutors"
    """Only tutors."""
    NOBODY = "nobody"
    """Nobody: it would change the lab for all, or deceive the server."""


REFUSALS = {
    Rule.TUTORS: gettext_noop("Only a tutor may do that."),
    Rule.NOBODY: gettext_noop(
        "Nobody may do that here, because it would change the lab for everybody: a tutor changes it"
        " in jupyterhub_config.py or in the image."
    ),
}


SERVER = "jupyter_server.services"
# What a page shows, and the user's own data: settings, layout, sign-in. Everybody may open a
# socket, because its messages are checked one by one.
READS: dict[str, tuple[str, ...]] = {
    "classroom.lab.assignments.tutor_handlers": (
        "AssignmentsHandler.get",
        "AssignmentHandler.get",
        "CollectionHandler.get",
    ),
    "classroom.lab.assignments.student_handlers": ("OwnAssignmentsHandler.get",),
    "classroom.lab.api.liveness": ("LabLivenessHandler.get",),
    "classroom.lab.api.driving": ("ModeHandler.get",),
    "classroom.lab.files.contents_handler": ("ContentsHandler.get",),
    "classroom.lab.files.downloads": ("FileHandler.get",),
    "classroom.lab.api.first_answers": ("LabPageHandler.get",),
    "classroom.lab.api.events": ("EventsSocket.get",),
    "classroom.lab.upstream.known_answers": (
        "ExportersHandler.get",
        "KernelKindsHandler.get",
        "LanguagesHandler.get",
        "NoLanguageServersHandler.get",
    ),
    "classroom.lab.exports.handlers": ("ExportFileHandler.get",),
    "classroom.lab.api.known": ("KnownHandler.get",),
    "classroom.lab.api.licenses": ("KnownLicensesHandler.get",),
    "classroom.lab.execution.session_handlers": (
        "SessionsHandler.get",
        "ChangedSessionHandler.get",
    ),
    "classroom.lab.people.page_socket": ("LiveHandler.get",),
    "classroom.lab.api.people": ("RunsHandler.get",),
    "classroom.lab.pages.headers": ("FrameHandler.get",),
    "classroom.lab.api.user_settings": (
        "PersonalSettingsHandler.get put",
        "PersonalWorkspacesHandler.get put delete",
    ),
    "classroom.lab.rooms.room_socket": ("RoomSocket.get",),
    "classroom.lab.snapshots.handlers": (
        "PreviewHandler.get",
        "RestoreHandler.get",  # the list, which it inherits
        "SnapshotsHandler.get",
        "SnapshotTreeHandler.get",
    ),
    "classroom.lab.execution.terminals": ("StudentTermSocket.get", "StudentTerminalsHandler.get"),
    "classroom.lab.api.usage": ("UsageHandler.get",),
    "classroom.lab.api.labs": ("LabsHandler.get",),
    # The Hub decides: the owner and tutors may share; view-only people may leave.
    "classroom.lab.api.sharing": ("LabSharesHandler.get", "LabShareHandler.put delete"),
    "classroom.lab.api.links": ("LabLinksHandler.get post", "LabLinkHandler.delete"),
    # People who may read may give a copy to others: they could download it as well.
    "classroom.lab.api.copies": ("CopyLinksHandler.post",),
    "jupyter_lsp.handlers": ("LanguageServersHandler.get",),
    "jupyter_server.base.handlers": (
        "APIVersionHandler.get",
        "AuthenticatedFileHandler.get",
        "FileFindHandler.get",
        "PrometheusMetricsHandler.get",
        "PublicStaticFileHandler.get",
        "RedirectWithParams.get",
        "Template404.get",
        "TrailingSlashHandler.get post put",  # a redirect to an address with its own rule
    ),
    "jupyter_server.kernelspecs.handlers": ("KernelSpecResourceHandler.get",),
    "jupyter_server.nbconvert.handlers": ("NbconvertFileHandler.get",),
    "jupyter_server.view.handlers": ("ViewHandler.get",),
    "jupyter_server_terminals.api_handlers": ("TerminalHandler.get", "TerminalRootHandler.get"),
    "jupyter_server_ydoc.handlers": (
        "DocForkHandler.get",
        "DocSessionHandler.put",  # returns the room of a file
        "TimelineHandler.get",
    ),
    "jupyterhub.singleuser.extension": (
        "JupyterHubLogoutHandler.get",
        "JupyterHubOAuthCallbackHandler.get",
    ),
    "jupyterlab.handlers.announcements": ("CheckForUpdateHandler.get", "NewsHandler.get"),
    "jupyterlab.handlers.build_handler": ("BuildHandler.get",),
    "jupyterlab.handlers.extension_manager_handler": ("ExtensionHandler.get",),
    "jupyterlab.handlers.plugin_manager_handler": ("PluginHandler.get",),
    "jupyterlab_server.handlers": ("LabHandler.get", "NotFoundHandler.get"),
    "jupyterlab_server.listings_handler": ("ListingsHandler.get",),
    "jupyterlab_server.settings_handler": ("SettingsHandler.get",),
    "jupyterlab_server.themes_handler": ("ThemesHandler.get",),
    "jupyterlab_server.translations_handler": ("TranslationsHandler.get",),
    "jupyterlab_server.workspaces_handler": ("WorkspacesHandler.get",),
    f"{SERVER}.api.handlers": (
        "APISpecHandler.get",
        "APIStatusHandler.get",
        "IdentityHandler.get",
        "PathResolverHandler.get",
    ),
    f"{SERVER}.config.handlers": ("ConfigHandler.get",),
    f"{SERVER}.contents.handlers": (
        "CheckpointsHandler.get",
        "ContentsHandler.get",
        "NotebooksRedirectHandler.get",
    ),
    f"{SERVER}.kernels.handlers": ("KernelHandler.get", "MainKernelHandler.get"),
    f"{SERVER}.kernels.websocket": ("KernelWebsocketHandler.get",),
    f"{SERVER}.kernelspecs.handlers": ("KernelSpecHandler.get", "MainKernelSpecHandler.get"),
    f"{SERVER}.nbconvert.handlers": ("NbconvertRootHandler.get",),
    f"{SERVER}.sessions.handlers": ("SessionHandler.get", "SessionRootHandler.get"),
}
WRITES: dict[str, tuple[str, ...]] = {
    "classroom.lab.assignments.tutor_handlers": (
        "AssignmentsHandler.post",
        "CollectionHandler.post",
    ),
    "classroom.lab.assignments.student_handlers": ("HandInHandler.post",),
    "classroom.lab.api.driving": (
        "FollowingHandler.put",
        "ModeHandler.put",
        "PersonModeHandler.put",
    ),
    "classroom.lab.api.outputs": ("OutputsHandler.delete",),
    "classroom.lab.files.contents_handler": ("ContentsHandler.post put patch delete",),
    "classroom.lab.exports.handlers": ("ExportHandler.post",),
    "classroom.lab.execution.session_handlers": (
        "SessionsHandler.post",
        "ChangedSessionHandler.patch delete",
    ),
    "classroom.lab.api.people": ("MemberHandler.delete put",),
    "classroom.lab.api.shutdown": ("NoShutdownHandler.post",),
    "classroom.lab.snapshots.handlers": ("RestoreHandler.post",),
    "classroom.lab.execution.terminals": ("StudentTerminalsHandler.post",),
    "jupyter_server.nbconvert.handlers": ("NbconvertPostHandler.post",),  # our handler comes first
    "jupyter_server_terminals.api_handlers": ("TerminalHandler.delete", "TerminalRootHandler.post"),
    "jupyter_server_terminals.handlers": ("TermSocket.get",),  # our handler comes first
    "jupyter_server_ydoc.handlers": ("UndoRedoHandler.put",),
    f"{SERVER}.contents.handlers": (
        "CheckpointsHandler.post",
        "ContentsHandler.post put patch delete",
        "ModifyCheckpointsHandler.post delete",
        "NotebooksRedirectHandler.post put patch delete",
        "TrustNotebooksHandler.post",
    ),
    f"{SERVER}.kernels.handlers": (
        "KernelActionHandler.post",
        "KernelHandler.delete",
        "MainKernelHandler.post",
    ),
    f"{SERVER}.sessions.handlers": (
        "SessionHandler.patch delete",
        "SessionRootHandler.post",
    ),
    f"{SERVER}.shutdown": ("ShutdownHandler.post",),
}
# With a room's id students could find out where other people are; no page uses it.
TUTORS: dict[str, tuple[str, ...]] = {
    "jupyter_server_fileid.handler": ("FileIDHandler.get", "FilePathHandler.get"),
}
NOBODYS: dict[str, tuple[str, ...]] = {
    # No language server is configured, so that each message would be an error in the log.
    "jupyter_lsp.handlers": ("LanguageServerWebSocketHandler.get",),
    # Nothing checks what is merged from a fork, and each fork is a copy that stays. No page creates
    # any: the timeline has its own.
    "jupyter_server_ydoc.handlers": ("DocForkHandler.put delete",),
    "jupyterlab.handlers.build_handler": ("BuildHandler.post delete",),
    "jupyterlab.handlers.extension_manager_handler": ("ExtensionHandler.post",),
    "jupyterlab.handlers.plugin_manager_handler": ("PluginHandler.post",),
    # It matches any regular expression from a page. Never reached, because our handler comes first.
    "jupyterlab_server.licenses_handler": ("LicensesHandler.get",),
    # They change everybody's. Never reached, because our handlers come first.
    "jupyterlab_server.settings_handler": ("SettingsHandler.put",),
    "jupyterlab_server.workspaces_handler": ("WorkspacesHandler.put delete",),
    f"{SERVER}.api.handlers": ("IdentityHandler.patch",),
    # It writes whatever a page sends into the log. Our pages' policies report nothing.
    f"{SERVER}.security.handlers": ("CSPReportHandler.post",),
    # Everybody's pages load it, and so does the server at its next start.
    f"{SERVER}.config.handlers": ("ConfigHandler.put patch",),
    # The server trusts events: a reported rename of a file moves its document.
    f"{SERVER}.events.handlers": ("EventHandler.post", "SubscribeWebsocket.get"),
}


def _by_method() -> dict[tuple[str, str], Rule]:
    """Key the rules by ``module.Handler`` and method."""
    found: dict[tuple[str, str], Rule] = {}
    for rule, named in (
        (Rule.READ, READS),
        (Rule.WRITE, WRITES),
        (Rule.TUTORS, TUTORS),
        (Rule.NOBODY, NOBODYS),
    ):
        for module, lines in named.items():
            for line in lines:
                handler, _, methods = line.partition(".")
                found |= {(f"{module}.{handler}", method): rule for method in methods.split()}
    return found


RULES = _by_method()
