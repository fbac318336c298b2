"""Lab pages ask, by their lab's server, which labs their person may enter and who is in each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jupyterhub.apihandlers.base import APIHandler
from tornado import web

from classroom.hub.labs.listing import LabListing
from classroom.hub.labs.service import CLIENT, LABS
from classroom.runtime.paths import SERVICE
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from classroom.hub.labs.listing import EnterableLab
    from classroom.hub.labs.service import PersonalLabs


class WhereHandler(APIHandler):
    """The labs that somebody may enter, with those who are in each."""

    async def get(self) -> None:
        """List them, for the person whose sign-in to a lab the token is.

        What the token itself may do is less than its person may: it was given for one lab. Of the
        others it learns only what the person would see on the Hub's home page.

        Raises:
            HTTPError: 403, it is no sign-in to a lab; 404, there is only one lab.
        """
        token = self.get_token()
        user = self.current_user
        if token is None or user is None or not is_of_a_lab(str(token.client_id)):
            raise web.HTTPError(
                403, gettext("Only a lab may ask for this, for somebody who is in it.")
            )
        labs: PersonalLabs | None = self.settings.get(LABS)
        if labs is None or not labs.has_any:
            raise web.HTTPError(404, gettext("There is only one lab here."))
        found = LabListing(labs).may_enter(user)
        sees_places = bool(user.admin)
        self.finish(json.dumps({"labs": [as_json(one, places=sees_places) for one in found]}))


def is_of_a_lab(client: str) -> bool:
    """Say whether an OAuth client is a lab's server.

    Args:
        client: its id.
    """
    return client == f"service-{SERVICE}" or client.startswith(CLIENT)


def as_json(lab: EnterableLab, *, places: bool) -> dict[str, Any]:
    """Write a lab for a page.

    Args:
        lab: as listed.
        places: whether the page learns where in the lab people are, as tutors' pages do.
    """
    people = [
        {"name": one.name, **({"path": one.path, "active": one.active} if places else {})}
        for one in lab.present
    ]
    return {
        "kind": lab.kind.value,
        "name": lab.name,
        "address": lab.address,
        "own": lab.is_own,
        "running": lab.is_running,
        "role": lab.role,
        "shared": lab.is_shared,
        "people": people,
    }
