"""List what was handed out in a lab. For one event loop."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from tornado import web

from classroom.lab.assignments import names
from classroom.lab.storage import threads
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from classroom.lab.assignments.store import Assignment, Store

NO_ASSIGNMENT = gettext_noop(
    "There is no assignment “{name}”. The table of assignments lists all of them."
)


class Catalogue:
    """The assignments that a lab's store has."""

    def __init__(self, store: Store) -> None:
        """Use a store.

        Args:
            store: the lab's store of assignments.
        """
        self._store = store

    async def all(self) -> list[Assignment]:
        """List what was handed out, the latest first."""
        return await threads.run(self._store.all)

    async def find(self, name: str) -> Assignment:
        """Return an assignment.

        Args:
            name: the assignment's name from a page.

        Raises:
            HTTPError: 404 if nothing was handed out by that name.
        """
        found = None
        if not names.wrong_assignment(name):
            found = await threads.run(self._store.find, name)
        if found is None:
            missing = gettext(NO_ASSIGNMENT).format(name=name)
            raise web.HTTPError(HTTPStatus.NOT_FOUND, missing)
        return found
