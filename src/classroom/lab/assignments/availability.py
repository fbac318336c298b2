"""Decide in which labs there are assignments, and for whom: in the class's and in personal ones."""

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
"""The key of the service in the application's settings; missing while the lab starts."""
NOT_YET = gettext_noop("The lab is starting: try again.")
AT_HOME = gettext_noop(
    "Assignments are handed out, handed in and collected in the classroom: do so there."
)
NOT_THEIRS = gettext_noop("This is the lab of {owner}: only they can hand in from it.")


def announce(page_config: MutableMapping[str, Any], *, owner: str, own: bool) -> None:
    """Make pages show assignments: everything in the class, only handing in in a personal lab.

    Args:
        page_config: JupyterLab's configuration of every page.
        owner: the person who owns the lab in the Hub; "" for the class's lab.
        own: whether people have labs of their own.
    """
    if has_assignments(owner, own=own):
        page_config["classroomAssignments"] = "own" if owner else "true"


def has_assignments(owner: str, *, own: bool) -> bool:
    """Say whether a lab has assignments; a room has none.

    Args:
        owner: the person who owns the lab in the Hub; "" for the class's lab.
        own: whether people have labs of their own.
    """
    return not owner or (own and not room_of(owner))


def service_of(handler: APIHandler, caller: str = "") -> Assignments:
    """Return the lab's assignments.

    Args:
        handler: the request's handler.
        caller: the person who may use them in their own lab; "" to allow only the class.

    Raises:
        HTTPError: 503 if the lab is starting; 403 if it is a room, or another person's lab.
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
