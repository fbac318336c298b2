"""Answer tutors' pages about assignments: hand out, look and collect."""

from __future__ import annotations

import json
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tornado import web

from classroom.lab.assignments.asked import AskingTutor
from classroom.lab.assignments.availability import service_of
from classroom.lab.assignments.outcome import Student
from classroom.lab.permissions.tutor_handler import TutorHandler
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classroom.lab.assignments.service import Assignments

UNCLEAR = "The request must say the assignment's name, the path, and whose names."
STRANGERS = gettext_noop(
    "These names are not on the list of students: {names}. Open the dialog again."
)
NO_STUDENTS = gettext_noop(
    "There is nobody on the list of students yet. Add them on the page People (Hub)."
)


class ForTutors(TutorHandler):
    """Base of the handlers for tutors."""

    @property
    def assignments(self) -> Assignments:
        """The lab's assignments."""
        return service_of(self)

    def tutor(self) -> AskingTutor:
        """Return the calling tutor."""
        return AskingTutor(self.caller, self._carry if self.assignments.own else None)

    async def _carry(
        self, do: str, name: str, students: Sequence[str], place: str = ""
    ) -> dict[str, dict[str, Any]]:
        body = {"do": do, "students": list(students), "place": place}
        answer = await self.ask_hub("POST", f"assignments/{quote(name, safe='')}", body)
        found: dict[str, dict[str, Any]] = answer["students"]
        return found

    async def students(self) -> list[Student]:
        """Get the list of students from the Hub, without tutors.

        Raises:
            HTTPError: the Hub rejects the request, or doesn't answer.
        """
        return (await self.listed())[0]

    async def listed(self) -> tuple[list[Student], list[dict[str, Any]]]:
        """Get the list of students from the Hub, without tutors, and the rooms with their students.

        Raises:
            HTTPError: the Hub rejects the request, or doesn't answer.
        """
        found = await self.ask_hub("GET", "students")
        students = [Student(str(one["name"]), str(one["shown"])) for one in found["students"]]
        return students, found["rooms"]

    def body(self) -> dict[str, Any]:
        """Return the request's JSON object.

        Raises:
            HTTPError: 400 if it isn't an object.
        """
        found = self.get_json_body()
        if not isinstance(found, dict):
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, UNCLEAR)
        return found

    def text(self, name: str) -> str:
        """Return a text of the request's JSON object.

        Raises:
            HTTPError: 400 if it has no text of that name.
        """
        found = self.body().get(name)
        if not isinstance(found, str):
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, UNCLEAR)
        return found


class AssignmentsHandler(ForTutors):
    """All assignments."""

    @web.authenticated
    async def get(self) -> None:
        """List the assignments, the latest first, the students, and the rooms that they are in."""
        found = await self.assignments.catalogue.all()
        listed = [{"name": one.name, "source": one.source, "at": one.at} for one in found]
        students, rooms = await self.listed()
        people = [{"name": one.name, "shown": one.shown} for one in students]
        answer = {"assignments": listed, "students": people, "rooms": rooms}
        self.finish(json.dumps({**answer, "own": self.assignments.own}))

    @web.authenticated
    async def post(self) -> None:
        """Hand out a file or folder, without changing what students have already."""
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
        outcome = await self.assignments.handing_out.hand_out(
            name, path, students, self.tutor(), time.time()
        )
        self.finish(json.dumps(outcome.as_json()))


class AssignmentHandler(ForTutors):
    """One assignment."""

    @web.authenticated
    async def get(self, name: str) -> None:
        """Answer who has it, who has changed it, and who has handed it in."""
        students = await self.students()
        self.finish(json.dumps(await self.assignments.table(name, students, self.tutor())))


class CollectionHandler(ForTutors):
    """The hand-ins of an assignment."""

    @web.authenticated
    async def post(self, name: str) -> None:
        """Put the hand-ins into a folder of the class's files, in nbgrader's layout."""
        folder, missing = self.text("folder"), self.wanted("missing")
        students = await self.students()
        outcome = await self.assignments.collecting.collect(
            name, folder, students, missing=missing, by=self.tutor()
        )
        self.finish(json.dumps(outcome.as_json()))

    @web.authenticated
    async def get(self, name: str) -> None:
        """Send the hand-ins as an archive, in nbgrader's layout."""
        missing = self.get_query_argument("missing", "") == "yes"
        students = await self.students()

        async def send(piece: bytes) -> None:
            self.write(piece)
            await self.flush()

        await self.assignments.catalogue.find(name)
        self.set_header("Content-Type", "application/zip")
        self.set_header(
            "Content-Disposition", f"attachment; filename*=utf-8''{quote(name, safe='')}.zip"
        )
        await self.assignments.collecting.archive(
            name, students, send, missing=missing, by=self.tutor()
        )
        self.finish(set_content_type="application/zip")


HANDLERS: tuple[tuple[str, type[web.RequestHandler]], ...] = (
    (r"classroom/api/assignments", AssignmentsHandler),
    (r"classroom/api/assignments/([^/]+)", AssignmentHandler),
    (r"classroom/api/assignments/([^/]+)/submitted", CollectionHandler),
)
