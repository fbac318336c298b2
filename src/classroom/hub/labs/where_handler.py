"""Tell a lab's pages, through its server, which labs a person may enter, and who is there."""

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
    """The labs that a person may enter, with the people in each."""

    async def get(self) -> None:
        """List them, for the person whose sign-in to a lab has the token.

        The token has fewer scopes than its person, because it is for one lab. About other labs it
        gets only what the person would see on the Hub's home page.

        Raises:
            HTTPError: 403, the token is not of a sign-in to a lab; 404, there is only one lab.
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
    """Encode a lab for a page.

    Args:
        lab: the lab, as listed.
        places: whether to include people's locations in the lab, as for tutors' pages.
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
