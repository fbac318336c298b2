"""Map the lab's addresses to our handlers, which take precedence over upstream's."""

from __future__ import annotations

from classroom.lab.api import (
    copies,
    driving,
    first_answers,
    labs,
    links,
    liveness,
    outputs,
    people,
    sharing,
)
from classroom.lab.api.copies import CopyLinksHandler
from classroom.lab.api.driving import FollowingHandler, ModeHandler, PersonModeHandler
from classroom.lab.api.events import EventsSocket
from classroom.lab.api.first_answers import LabPageHandler
from classroom.lab.api.known import KnownHandler
from classroom.lab.api.labs import LabsHandler
from classroom.lab.api.licenses import KnownLicensesHandler
from classroom.lab.api.links import LabLinkHandler, LabLinksHandler
from classroom.lab.api.liveness import LabLivenessHandler
from classroom.lab.api.outputs import OutputsHandler
from classroom.lab.api.people import MemberHandler, RunsHandler
from classroom.lab.api.sharing import LabShareHandler, LabSharesHandler
from classroom.lab.api.shutdown import NoShutdownHandler
from classroom.lab.api.usage import UsageHandler
from classroom.lab.api.user_settings import PersonalSettingsHandler, PersonalWorkspacesHandler
from classroom.lab.assignments import student_handlers, tutor_handlers
from classroom.lab.execution.session_handlers import ChangedSessionHandler, SessionsHandler
from classroom.lab.execution.terminals import StudentTerminalsHandler, StudentTermSocket
from classroom.lab.exports import handlers as exports
from classroom.lab.files import contents_handler
from classroom.lab.pages import content_security_policy
from classroom.lab.pages.headers import FrameHandler
from classroom.lab.people import page_socket
from classroom.lab.people.page_socket import LiveHandler
from classroom.lab.snapshots import handlers as snapshots
from classroom.lab.upstream.known_answers import (
    ExportersHandler,
    KernelKindsHandler,
    LanguagesHandler,
    NoLanguageServersHandler,
)
from classroom.runtime.paths import KNOWN

HANDLERS = (
    (first_answers.ADDRESS, LabPageHandler),
    (r"api/events/subscribe", EventsSocket),
    (r"api/sessions", SessionsHandler),
    (r"api/sessions/([\w-]+)", ChangedSessionHandler),
    (r"api/nbconvert", ExportersHandler),
    (r"api/kernelspecs", KernelKindsHandler),
    (r"lab/api/translations/?", LanguagesHandler),
    (r"lab/api/translations/(?P<locale>.+)", LanguagesHandler),
    (r"lsp/status", NoLanguageServersHandler),
    (r"api/shutdown", NoShutdownHandler),
    (KNOWN, KnownHandler),
    (liveness.ADDRESS, LabLivenessHandler),
    (page_socket.ADDRESS, LiveHandler),
    (content_security_policy.FRAME, FrameHandler),
    (driving.ADDRESS, ModeHandler),
    (f"{driving.ADDRESS}/(?P<name>[^/]+)", PersonModeHandler),
    (driving.FOLLOWING, FollowingHandler),
    (f"{people.ADDRESS}/(?P<name>[^/]+)", MemberHandler),
    (people.RUNS, RunsHandler),
    (labs.ADDRESS, LabsHandler),
    (sharing.ADDRESS, LabSharesHandler),
    (f"{sharing.ADDRESS}/(?P<name>[^/]+)", LabShareHandler),
    (copies.ADDRESS, CopyLinksHandler),
    (links.ADDRESS, LabLinksHandler),
    (f"{links.ADDRESS}/(?P<key>[^/]+)", LabLinkHandler),
    (f"{outputs.ADDRESS}/(?P<path>.+)", OutputsHandler),
    (r"api/terminals", StudentTerminalsHandler),
    (r"terminals/websocket/(\w+)", StudentTermSocket),
    (r"api/metrics/v1", UsageHandler),
    (r"lab/api/workspaces/?", PersonalWorkspacesHandler),
    (r"lab/api/workspaces/(?P<space_name>.+)", PersonalWorkspacesHandler),
    (r"lab/api/licenses/?(.*)", KnownLicensesHandler),
    (r"lab/api/settings/?", PersonalSettingsHandler),
    (r"lab/api/settings/(?P<schema_name>.+)", PersonalSettingsHandler),
    *contents_handler.HANDLERS,
    *exports.HANDLERS,
    *snapshots.HANDLERS,
    *tutor_handlers.HANDLERS,
    *student_handlers.HANDLERS,
)
"""Regular expressions of paths below the lab's base URL. The first that matches wins."""
