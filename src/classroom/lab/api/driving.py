"""What tutors switch: REST calls, documented in ``docs/openapi.yaml``."""

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
"""Both below the server's own address."""
IS_SHARED = gettext_noop(
    "{name} only looks on in this lab: the panel “Share” says so, where you can change it."
)
LOOKS_ON = gettext_noop(
    "{name} only looks on in this room: c.Classroom.rooms in jupyterhub_config.py says so, or the"
    " panel “Share”."
)


class DrivingHandler(TutorHandler):
    """What a switch has in common for all and for one."""

    def switch(self, mode: Mode, what: str) -> None:
        """Have a mode hold, and say so in the log and to the caller."""
        self.modes.switch(mode)
        services.of(self)[Participants].tell()
        self.log.info("driving: %s switches %s", self.caller, what)
        self.answer()

    def answer(self) -> None:
        """Say what holds."""
        self.finish({"driver": self.modes.mode.driver, "people": dict(self.modes.mode.people)})


class ModeHandler(DrivingHandler):
    """All students."""

    @web.authenticated
    def get(self) -> None:
        """Say what holds."""
        self.answer()

    @web.authenticated
    def put(self) -> None:
        """Switch all students; what held for single ones is over."""
        wanted = self.wanted("viewOnly")
        mode = self.modes.mode.for_all(self.caller if wanted else "")
        self.switch(mode, f"everybody to {'view-only' if wanted else 'writing'}")


class PersonModeHandler(DrivingHandler):
    """A single student."""

    @web.authenticated
    def put(self, name: str) -> None:
        """Switch them.

        Raises:
            HTTPError: 400, a tutor is never view-only; 409, the configuration or a share says that
                they are.
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
    """Whom all are asked to follow."""

    @web.authenticated
    def put(self) -> None:
        """Ask all to follow the caller, or nobody to follow anybody."""
        wanted = self.wanted("follow")
        services.of(self)[Participants].ask(self.caller if wanted else "")
        what = "asks all to follow" if wanted else "asks nobody to follow any more"
        self.log.info("driving: %s %s", self.caller, what)
        self.set_status(204)
        self.finish()
