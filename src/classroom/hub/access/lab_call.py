"""Calls that the class's lab makes for a tutor."""

from __future__ import annotations

from jupyterhub import orm
from jupyterhub.apihandlers.base import APIHandler
from tornado import web

from classroom.runtime.paths import SERVICE
from classroom.runtime.words import gettext

TUTORS_TOKEN = "X-Classroom-Tutor"  # noqa: S105 (a header's name)


class LabCallHandler(APIHandler):
    """A call by the lab, with its own token and that of the tutor for whom it calls."""

    def check(self, scope: str) -> None:
        """Check that the lab makes this call, for a tutor.

        Args:
            scope: the scope that the lab's token must have.

        Raises:
            HTTPError: 403, the caller isn't the lab, or does not call for a tutor.
        """
        if scope not in getattr(self, "expanded_scopes", ()):
            raise web.HTTPError(403, gettext("Only the lab may ask for this."))
        if not self._is_asked_by_a_tutor():
            raise web.HTTPError(403, gettext("Only a tutor may do that."))

    def _is_asked_by_a_tutor(self) -> bool:
        """Say whether the request has the token of a tutor's sign-in to the lab.

        The lab's own token does not prove that a tutor uses the lab.
        """
        shown = self.request.headers.get(TUTORS_TOKEN, "")
        found = orm.APIToken.find(self.db, shown, kind="user") if shown else None
        return (
            found is not None
            and found.client_id == f"service-{SERVICE}"
            and found.user is not None
            and bool(found.user.admin)
        )
