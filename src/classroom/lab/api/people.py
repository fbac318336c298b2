"""Answer REST calls about people and their runs (``docs/openapi.yaml``)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING

from jupyter_server.base.handlers import APIHandler
from jupyterhub.utils import url_escape_path
from tornado import web

from classroom.lab import services
from classroom.lab.connections import notifications
from classroom.lab.connections.registry import Connections
from classroom.lab.execution.run_history import RunHistory
from classroom.lab.people.revocation import AGAIN_SECONDS, CLOSE
from classroom.lab.permissions.removed_guests import REMOVED, RemovedGuests
from classroom.lab.permissions.tutor_handler import TutorHandler
from classroom.runtime.lab_room_names import room_of
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Iterator

ADDRESS = "classroom/api/people"
RUNS = "classroom/api/runs"
"""Both addresses are below the server's own address."""
IN_ROOM = gettext_noop(
    "Nobody can be removed here: c.Classroom.rooms in jupyterhub_config.py says who may enter this"
    " room. Tutors remove people in the classroom."
)
STAYS = gettext_noop("{name} is the owner of this lab, or a tutor, and can't be removed from it.")
IN_CLASS = gettext_noop(
    "To let a removed person into the classroom again, use the Hub's page People."
)
NOT_NOW = gettext_noop("That could not be kept, perhaps because the disk is full. Try again.")


class MemberHandler(TutorHandler):
    """A person who may be in the lab."""

    @web.authenticated
    async def delete(self, name: str) -> None:
        """Remove the person, and close all their connections.

        For the class, the Hub ends their access. For a personal lab, only this lab rejects them.

        Raises:
            HTTPError: the Hub's status and sentence if it rejects the request; 403 in a room, or
                for the owner or a tutor; 507 if the removal can't be saved.
        """
        if self.modes.owner:
            self._remove_guest(name.lower())
        else:
            await self.ask_hub("DELETE", f"people/{url_escape_path(name)}")
        self.log.info("access: %s removes %r", self.caller, name)
        self.set_status(204)
        self.finish()

    @web.authenticated
    def put(self, name: str) -> None:
        """Let a guest enter again whom somebody had removed from a personal lab.

        Raises:
            HTTPError: 403 in the class or in a room; 507 if the change can't be saved.
        """
        if not self.modes.owner:
            raise web.HTTPError(403, gettext(IN_CLASS))
        self._refuse_in_rooms()
        with kept():
            services.of(self)[RemovedGuests].let_in(name.lower())
        self.modes.tell()
        self.log.info("access: %s lets %r in again", self.caller, name)
        self.set_status(204)
        self.finish()

    def _refuse_in_rooms(self) -> None:
        if room_of(self.modes.owner):
            raise web.HTTPError(403, gettext(IN_ROOM))

    def _remove_guest(self, name: str) -> None:
        self._refuse_in_rooms()
        if name in self.modes.tutors:
            raise web.HTTPError(403, gettext(STAYS).format(name=name))
        with kept():
            services.of(self)[RemovedGuests].remove(name)
        self.modes.tell()
        self._end(name)
        # A connection that was opening at that moment was still allowed: close it as well.
        asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._end, name)

    def _end(self, name: str) -> None:
        if self.modes.is_removed(name):
            closing = notifications.closing(gettext(REMOVED))
            services.of(self)[Connections].end(name, CLOSE, closing)


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Turn an error of saving a decision into an HTTP error.

    Raises:
        HTTPError: 507 instead of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise web.HTTPError(507, gettext(NOT_NOW)) from error


class RunsHandler(APIHandler):
    """Who ran which cell of a notebook."""

    auth_resource = "contents"

    @web.authenticated
    def get(self) -> None:
        """List the last run of each cell."""
        path = str(self.get_query_argument("path", "", strip=False))
        notebook = self.settings["file_id_manager"].get_id(path)
        history = services.of(self)[RunHistory]
        self.finish(json.dumps({"runs": history.of(notebook) if notebook else []}))
