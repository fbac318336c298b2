"""Assignments for pages: tutors hand out, look and collect; students hand in."""

from __future__ import annotations

import json
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jupyter_server.base.handlers import APIHandler
from tornado import web

from classroom.lab import services
from classroom.lab.assignments.outcome import Student
from classroom.lab.permissions.mode_service import ModeService
from classroom.lab.permissions.tutor_handler import TutorHandler
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from classroom.lab.assignments.service import Assignments

KEY = "classroom_assignments"
"""Where the application's settings have the service; there is none yet while the lab starts."""
NOT_YET = gettext_noop("The lab is starting: try again.")
AT_HOME = gettext_noop(
    "Assignments are handed out, handed in and collected in the classroom: do so there."
)
UNCLEAR = "The request must say the assignment's name, the path, and whose names."
STRANGERS = gettext_noop(
    "These names are not on the list of students: {names}. Open the dialog again."
)
NO_STUDENTS = gettext_noop(
    "There is nobody on the list of students yet. Add them on the page People (Hub)."
)


def announce(page_config: MutableMapping[str, Any]) -> None:
    """Tell pages that there are assignments; in a lab of somebody's own there are none.

    Args:
        page_config: JupyterLab's, of every page.
    """
    page_config["classroomAssignments"] = "true"


def service_of(handler: APIHandler) -> Assignments:
    """Return the lab's assignments.

    Args:
        handler: of the request.

    Raises:
        HTTPError: 503, the lab is starting; 403, it is somebody's own.
    """
    if services.of(handler)[ModeService].owner:
        raise web.HTTPError(HTTPStatus.FORBIDDEN, gettext(AT_HOME))
    found: Assignments | None = handler.settings.get(KEY)
    if found is None:
        raise web.HTTPError(HTTPStatus.SERVICE_UNAVAILABLE, gettext(NOT_YET))
    return found


class ForTutors(TutorHandler):
    """What tutors' calls have in common."""

    @property
    def assignments(self) -> Assignments:
        """The lab's."""
        return service_of(self)

    async def students(self) -> list[Student]:
        """Ask the Hub who is on the list and no tutor.

        Raises:
            HTTPError: the Hub says no, or doesn't answer.
        """
        answer = await self.ask_hub("GET", "students")
        found = (await answer.json())["students"]
        return [Student(str(one["name"]), str(one["shown"])) for one in found]

    def body(self) -> dict[str, Any]:
        """Return the request's JSON object.

        Raises:
            HTTPError: 400, it is none.
        """
        found = self.get_json_body()
        if not isinstance(found, dict):
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, UNCLEAR)
        return found

    def text(self, name: str) -> str:
        """Return a text of the request's JSON object.

        Raises:
            HTTPError: 400, it has none of that name.
        """
        found = self.body().get(name)
        if not isinstance(found, str):
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, UNCLEAR)
        return found


class AssignmentsHandler(ForTutors):
    """All assignments."""

    @web.authenticated
    async def get(self) -> None:
        """List what was handed out, the latest first, and the students on the list."""
        found = await self.assignments.all()
        listed = [{"name": one.name, "source": one.source, "at": one.at} for one in found]
        people = [{"name": one.name, "shown": one.shown} for one in await self.students()]
        self.finish(json.dumps({"assignments": listed, "students": people}))

    @web.authenticated
    async def post(self) -> None:
        """Hand out a file or folder; what students have already stays."""
        name, path = self.text("name"), self.text("path")
        wanted = self.body().get("students")
        students = await self.students()
        if wanted is not None:
            if not (isinstance(wanted, list) and all(isinstance(one, str) for one in wanted)):
                raise web.HTTPError(HTTPStatus.BAD_REQUEST, UNCLEAR)
            if strangers := sorted({*wanted} - {one.name for one in students}):
                told = gettext(STRANGERS).format(names=", ".join(strangers))
                raise web.HTTPError(HTTPStatus.BAD_REQUEST, told)
            students = [one for one in students if one.name in wanted]
        if not students:
            raise web.HTTPError(HTTPStatus.CONFLICT, gettext(NO_STUDENTS))
        outcome = await self.assignments.hand_out(name, path, students, self.caller, time.time())
        self.finish(json.dumps(outcome.as_json()))


class AssignmentHandler(ForTutors):
    """One assignment."""

    @web.authenticated
    async def get(self, name: str) -> None:
        """Say who has it, who has changed it, and who has handed it in."""
        self.finish(json.dumps(await self.assignments.table(name, await self.students())))


class CollectionHandler(ForTutors):
    """What was handed in of an assignment."""

    @web.authenticated
    async def post(self, name: str) -> None:
        """Put it into a folder of the class's files, in nbgrader's layout."""
        folder, missing = self.text("folder"), self.wanted("missing")
        students = await self.students()
        outcome = await self.assignments.collect(
            name, folder, students, missing=missing, by=self.caller
        )
        self.finish(json.dumps(outcome.as_json()))

    @web.authenticated
    async def get(self, name: str) -> None:
        """Download it as an archive, in nbgrader's layout."""
        missing = self.get_query_argument("missing", "") == "yes"
        students = await self.students()

        async def send(piece: bytes) -> None:
            self.write(piece)
            await self.flush()

        await self.assignments.find(name)
        self.set_header("Content-Type", "application/zip")
        self.set_header(
            "Content-Disposition", f"attachment; filename*=utf-8''{quote(name, safe='')}.zip"
        )
        await self.assignments.archive(name, students, send, missing=missing, by=self.caller)
        self.finish(set_content_type="application/zip")


class OwnAssignmentsHandler(APIHandler):
    """The assignments of who calls."""

    auth_resource = "contents"

    @web.authenticated
    async def get(self) -> None:
        """List those of which the caller has got a copy, and what they have handed in."""
        found = await service_of(self).mine(str(self.current_user.username))
        self.finish(json.dumps({"assignments": found}))


class HandInHandler(APIHandler):
    """One assignment of who calls."""

    auth_resource = "contents"

    @web.authenticated
    async def post(self, name: str) -> None:
        """Hand in what the caller has of it, as it is now."""
        found = await service_of(self).hand_in(name, str(self.current_user.username))
        self.finish(json.dumps(found))


HANDLERS: tuple[tuple[str, type[web.RequestHandler]], ...] = (
    (r"classroom/api/assignments", AssignmentsHandler),
    (r"classroom/api/assignments/([^/]+)", AssignmentHandler),
    (r"classroom/api/assignments/([^/]+)/submitted", CollectionHandler),
    (r"classroom/api/my/assignments", OwnAssignmentsHandler),
    (r"classroom/api/my/assignments/([^/]+)", HandInHandler),
)
