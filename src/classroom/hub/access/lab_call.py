"""Calls that the class's lab makes for a tutor who uses it."""

from __future__ import annotations

from jupyterhub import orm
from jupyterhub.apihandlers.base import APIHandler
from tornado import web

from classroom.runtime.paths import SERVICE
from classroom.runtime.words import gettext

TUTORS_TOKEN = "X-Classroom-Tutor"  # noqa: S105 (a header's name)


class LabCallHandler(APIHandler):
    """What the lab asks, with its own token and that of a tutor who has asked it."""

    def check(self, scope: str) -> None:
        """See that the lab asks, because a tutor does.

        Args:
            scope: that the lab's token must have.

        Raises:
            HTTPError: 403, it isn't the lab that asks, or no tutor has asked it.
        """
        if scope not in getattr(self, "expanded_scopes", ()):
            raise web.HTTPError(403, gettext("Only the lab may ask for this."))
        if not self._is_asked_by_a_tutor():
            raise web.HTTPError(403, gettext("Only a tutor may do that."))

    def _is_asked_by_a_tutor(self) -> bool:
        """Say whether the request bears a token that a tutor's sign-in to the lab has got.

        The lab's own token proves nothing about who uses the lab.
        """
        shown = self.request.headers.get(TUTORS_TOKEN, "")
        found = orm.APIToken.find(self.db, shown, kind="user") if shown else None
        return (
            found is not None
            and found.client_id == f"service-{SERVICE}"
            and found.user is not None
            and bool(found.user.admin)
        )
