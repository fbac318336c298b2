"""Handle deletions of labs by tutors, from the page *People* and the command ``classroom lab``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.scopes import has_scope
from tornado import web

from classroom.hub.labs import deletion
from classroom.hub.labs.service import LABS
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from classroom.hub.labs.service import PersonalLabs

ADMINISTER = "admin:servers"
"""The scope, of all servers: tutors have it, and the command's token."""


class LabDeletionHandler(APIHandler):
    """One lab, by its number."""

    async def delete(self, number: str) -> None:
        """Delete the lab; its last snapshot is kept.

        Raises:
            HTTPError: 400, it is the class's; 403, the caller is no tutor; 404, there is no such
                lab; 409, it is being started, stopped or deleted; 503, it can't be deleted.
        """
        if not has_scope(ADMINISTER, self.parsed_scopes, db=self.db):
            raise web.HTTPError(403, gettext("Only a tutor may do that."))
        labs: PersonalLabs | None = self.settings.get(LABS)
        if labs is None:
            raise web.HTTPError(404, gettext("There is only one lab here."))
        await deletion.delete(labs, int(number))
        self.set_status(204)
