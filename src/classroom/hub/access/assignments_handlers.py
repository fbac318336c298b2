"""Decide about transfers of assignments between the class's lab and personal labs.

The Hub decides, and the supervisor carries out the transfer (`classroom.supervisor.carrier`). A
tutor's call needs the token of the class's lab and the tutor's own. A student's hand-in needs the
token of their sign-in to their own lab.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from jupyterhub.apihandlers.base import APIHandler
from tornado import web

from classroom.hub.access import people_page
from classroom.hub.access.lab_call import LabCallHandler
from classroom.hub.labs import door
from classroom.hub.labs.door import LabNotStartedError
from classroom.hub.labs.service import LABS, NO_OWN
from classroom.runtime.lab_room_names import room_of
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classroom.hub.labs.service import PersonalLabs

CARRY = "custom:classroom:assignments"
"""The scope that the token of the class's lab has."""
GIVE, LOOK, FETCH = "give", "look", "fetch"
NO_LAB = {"has": "none", "changed": None}
"""The state of a student who has no lab yet."""
NOT_LISTED = gettext_noop("{name} is not on the list of students.")
NOT_CARRIED = gettext_noop(
    "It could not be copied: try again, or ask the person who runs the class."
)
ONLY_OWNER = gettext_noop("Only the owner of a lab hands in what is in it.")


def labs_of(handler: APIHandler) -> PersonalLabs:
    """Return the labs, if people have their own.

    Args:
        handler: the request's handler.

    Raises:
        HTTPError: 404, there are no personal labs.
    """
    found: PersonalLabs | None = handler.settings.get(LABS)
    if found is None or not found.has_own:
        raise web.HTTPError(404, gettext(NO_OWN))
    return found


async def carry(labs: PersonalLabs, order: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Have the supervisor carry out a transfer.

    Args:
        labs: all labs.
        order: the order for the supervisor.

    Raises:
        HTTPError: 503, the transfer failed.
    """
    try:
        return await door.carry(labs.paths.labs_socket, order)
    except (LabNotStartedError, OSError) as error:
        raise web.HTTPError(503, gettext(NOT_CARRIED)) from error


class CarryHandler(LabCallHandler):
    """One assignment, for the class's lab and a tutor."""

    async def post(self, assignment: str) -> None:
        """Hand out to students' own labs, look there, or collect from there.

        Raises:
            HTTPError: 400, the request is invalid; 403, as in `check`; 404, there are no personal
                labs; 503, the transfer failed.
        """
        self.check(CARRY)
        labs, body = labs_of(self), self.get_json_body() or {}
        errand, wanted = body.get("do"), body.get("students")
        if errand not in {GIVE, LOOK, FETCH} or not isinstance(wanted, list):
            raise web.HTTPError(400)
        found, numbers = self._numbers(labs, errand, {str(name) for name in wanted})
        order = {
            "do": errand,
            "assignment": unquote(assignment),
            "labs": numbers,
            "place": str(body.get("place", "")),
        }
        if numbers:
            found |= await carry(labs, order)
        for name, one in found.items():
            if name in numbers and (user := labs.app.users.get(name)):
                one["address"] = f"{user.url}lab/tree/{quote(unquote(assignment), safe='')}"
        self.finish(json.dumps({"students": found}))

    def _numbers(
        self, labs: PersonalLabs, errand: str, wanted: Iterable[str]
    ) -> tuple[dict[str, dict[str, Any]], dict[str, int]]:
        """Find the students' labs; make a lab for students who get something and have none.

        Returns:
            The state of students who have no lab; the numbers of the others' labs.
        """
        listed = people_page.listed(self.db, self.authenticator.access)
        students = {one.name for one in listed if not (one.tutor or one.removed)}
        found: dict[str, dict[str, Any]] = {}
        numbers: dict[str, int] = {}
        for name in sorted(wanted):
            if errand == GIVE:
                if name not in students:
                    found[name] = {"error": gettext(NOT_LISTED).format(name=name)}
                    continue
                try:
                    numbers[name] = labs.number(name)
                except web.HTTPError as error:
                    found[name] = {"error": getattr(error, "jupyterhub_message", str(error))}
            else:
                owner = None if room_of(name) else labs.owner(name)
                lab = labs.registry.find(owner) if owner else None
                found[name] = dict(NO_LAB)
                if lab is not None:
                    numbers[name] = lab.number
        return found, numbers


class HomeHandInHandler(APIHandler):
    """One assignment, for a student's own lab."""

    async def post(self, assignment: str) -> None:
        """Transfer the owner's hand-in, which their lab has prepared, to the class.

        The token must be that of the owner's sign-in to this lab. A sign-in to another lab does not
        count: otherwise the server of a lab that they have entered as a guest, or of the class,
        could hand in for them.

        Raises:
            HTTPError: 403, it isn't the owner's sign-in to their own lab; 404, there are no
                personal labs; 409, it can't be handed in; 503, the transfer failed.
        """
        labs = labs_of(self)
        token, user = self.get_token(), self.current_user
        if token is None or user is None or room_of(user.name):
            raise web.HTTPError(403, gettext(ONLY_OWNER))
        owner = labs.owner(user.name)
        lab = labs.registry.find(owner) if owner else None
        if token.client_id != user.spawner.oauth_client_id or lab is None:
            raise web.HTTPError(403, gettext(ONLY_OWNER))
        order = {
            "do": "hand in",
            "assignment": unquote(assignment),
            "labs": {user.name: lab.number},
        }
        found = (await carry(labs, order))[user.name]
        if "error" in found:
            raise web.HTTPError(409, found["error"].replace("%", "%%"))
        kept = {key: found[key] for key in ("handedIn", "times")}
        self.log.info("assignments: %s has handed in %r", user.name, unquote(assignment))
        self.finish(json.dumps(kept))
