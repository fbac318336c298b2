"""Answer tutors' REST calls that switch view-only and following (``docs/openapi.yaml``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado import web

from classroom.lab import services
from classroom.lab.people.participants import Participants
from classroom.lab.permissions.tutor_handler import TutorHandler
from classroom.runtime.lab_room_names import room_of
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from classroom.lab.permissions.mode import Mode

ADDRESS = "classroom/api/driving"
FOLLOWING = "classroom/api/following"
"""Both addresses are below the server's own address."""
IS_SHARED = gettext_noop(
    "{name} is view-only in this lab. You can change this in the panel “Share”."
)
LOOKS_ON = gettext_noop(
    "{name} is view-only in this room, by c.Classroom.rooms in jupyterhub_config.py or by the"
    " panel “Share”."
)


class DrivingHandler(TutorHandler):
    """Base of the handlers that switch view-only for all or for one."""

    def switch(self, mode: Mode, what: str) -> None:
        """Apply a mode, log it, and answer the request."""
        self.modes.switch(mode)
        services.of(self)[Participants].tell()
        self.log.info("driving: %s switches %s", self.caller, what)
        self.answer()

    def answer(self) -> None:
        """Answer with the present mode."""
        self.finish({"driver": self.modes.mode.driver, "people": dict(self.modes.mode.people)})


class ModeHandler(DrivingHandler):
    """View-only for all students."""

    @web.authenticated
    def get(self) -> None:
        """Answer with the present mode."""
        self.answer()

    @web.authenticated
    def put(self) -> None:
        """Switch all students, and drop the modes of single students."""
        wanted = self.wanted("viewOnly")
        mode = self.modes.mode.for_all(self.caller if wanted else "")
        self.switch(mode, f"everybody to {'view-only' if wanted else 'writing'}")


class PersonModeHandler(DrivingHandler):
    """View-only for a single student."""

    @web.authenticated
    def put(self, name: str) -> None:
        """Switch the student.

        Raises:
            HTTPError: 400 for a tutor, who is never view-only; 409 if the configuration or a share
                makes the person view-only.
        """
        wanted = self.wanted("viewOnly")
        name = name.lower()
        if name in self.modes.tutors:
            raise web.HTTPError(400, gettext("{name} is a tutor").format(name=name))
        if not wanted and name in self.modes.viewers:
            sentence = gettext(LOOKS_ON if room_of(self.modes.owner) else IS_SHARED)
            raise web.HTTPError(409, sentence.format(name=name))
        mode = self.modes.mode.for_one(name, view_only=wanted)
        self.switch(mode, f"{name!r} to {'view-only' if wanted else 'writing'}")


class FollowingHandler(TutorHandler):
    """The request to all to follow a tutor."""

    @web.authenticated
    def put(self) -> None:
        """Ask all to follow the caller, or end that request."""
        wanted = self.wanted("follow")
        services.of(self)[Participants].ask(self.caller if wanted else "")
        what = "asks all to follow" if wanted else "asks nobody to follow any more"
        self.log.info("driving: %s %s", self.caller, what)
        self.set_status(204)
        self.finish()
