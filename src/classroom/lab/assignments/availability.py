"""In which labs there are assignments, and for whom: in the class's, and in people's own."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tornado import web

from classroom.lab import services
from classroom.lab.permissions.mode_service import ModeService
from classroom.runtime.lab_room_names import room_of
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from jupyter_server.base.handlers import APIHandler

    from classroom.lab.assignments.service import Assignments

KEY = "classroom_assignments"
"""Where the application's settings have the service; there is none yet while the lab starts."""
NOT_YET = gettext_noop("The lab is starting: try again.")
AT_HOME = gettext_noop(
    "Assignments are handed out, handed in and collected in the classroom: do so there."
)
NOT_THEIRS = gettext_noop("This is the lab of {owner}, who alone hands in what is in it.")


def announce(page_config: MutableMapping[str, Any], *, owner: str, own: bool) -> None:
    """Tell pages that there are assignments: all of it in the class, to hand in in one's own lab.

    Args:
        page_config: JupyterLab's, of every page.
        owner: whose lab it is to the Hub; "" for the class's.
        own: whether people have labs of their own.
    """
    if has_assignments(owner, own=own):
        page_config["classroomAssignments"] = "own" if owner else "true"


def has_assignments(owner: str, *, own: bool) -> bool:
    """Say whether there are assignments in a lab; in a room there are none.

    Args:
        owner: whose lab it is to the Hub; "" for the class's.
        own: whether people have labs of their own.
    """
    return not owner or (own and not room_of(owner))


def service_of(handler: APIHandler, caller: str = "") -> Assignments:
    """Return the lab's assignments.

    Args:
        handler: of the request.
        caller: who may have them in a lab of their own; "" for the class alone.

    Raises:
        HTTPError: 503, the lab is starting; 403, it is a room, or somebody else's.
    """
    owner = services.of(handler)[ModeService].owner
    if owner and (not caller or room_of(owner)):
        raise web.HTTPError(HTTPStatus.FORBIDDEN, gettext(AT_HOME))
    if owner and caller != owner:
        raise web.HTTPError(HTTPStatus.FORBIDDEN, gettext(NOT_THEIRS).format(owner=owner))
    found: Assignments | None = handler.settings.get(KEY)
    if found is None:
        raise web.HTTPError(HTTPStatus.SERVICE_UNAVAILABLE, gettext(NOT_YET))
    return found
