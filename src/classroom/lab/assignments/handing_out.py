"""Hand out an assignment: each student gets a copy. For one event loop."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from tornado import web

from classroom.lab.assignments import names
from classroom.lab.assignments.asked import carried
from classroom.lab.assignments.outcome import AssignmentOutcome, Student, worded
from classroom.lab.assignments.store import Assignment
from classroom.lab.assignments.work import Work
from classroom.lab.files.directory_entry import parts_of, path_of
from classroom.lab.files.http_errors import said
from classroom.lab.storage import threads
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from logging import Logger

    from classroom.lab.assignments.asked import AskingTutor, Carry
    from classroom.lab.assignments.catalogue import Catalogue
    from classroom.lab.assignments.live_files import LiveFiles
    from classroom.lab.assignments.storage import AssignmentStorage
    from classroom.lab.connections.notifications import Notifications

NO_SOURCE = gettext_noop(
    "Choose a file or folder to hand out, and not the class's folder or “students”."
)
OTHER = gettext_noop(
    "“{name}” was handed out from “{source}” before. Choose another name for another assignment."
)
ALIKE = gettext_noop(
    "There is an assignment “{name}” already: choose a name that differs in more than its capitals."
)
HANDED_OUT = gettext_noop("A tutor has handed out “{name}”: you find your copy in {folder}.")
HANDED_OUT_HOME = gettext_noop(
    "A tutor has handed out “{name}”: you find your copy in your own lab, in the folder “{name}”."
)


class HandingOut:
    """Hands out assignments in one lab."""

    def __init__(
        self,
        storage: AssignmentStorage,
        catalogue: Catalogue,
        files: LiveFiles,
        notifications: Notifications,
        log: Logger,
    ) -> None:
        """Use the lab's files and its store.

        Args:
            storage: the lab's files and the store.
            catalogue: what was handed out.
            files: the lab's open files.
            notifications: notifies students of their copies.
            log: the log to write to.
        """
        self._work, self._store = Work(storage), storage.store
        self._catalogue, self._files = catalogue, files
        self._notifications, self._log = notifications, log

    async def hand_out(
        self,
        name: str,
        path: str,
        students: Iterable[Student],
        by: AskingTutor,
        now: float,
    ) -> AssignmentOutcome:
        """Give each student a copy of a file or folder, with what is in the open documents now.

        Args:
            name: the assignment's name.
            path: path of the file or folder.
            students: the students who get a copy.
            by: the tutor who hands it out.
            now: seconds since the epoch.

        Raises:
            HTTPError: nothing was handed out; the sentence says why.
        """
        if wrong := names.wrong_assignment(name):
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, wrong)
        with said(path):
            parts = parts_of(path)
        if not parts or parts == (names.STUDENTS,):
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, gettext(NO_SOURCE))
        async with self._files.turn:
            before = await self._before(name, path_of(parts))
            await self._files.save(parts)
            students = list(students)
            with worded(path, name):
                if by.carry is None:
                    outcome = await threads.run_long(self._work.hand_out, name, parts, students)
                else:
                    outcome = await threads.run_long(self._work.keep, name, parts, len(students))
                    await self._give(outcome, name, students, by.carry)
            given = {**(before.given if before else {}), **dict.fromkeys(self._got(outcome), now)}
            made = Assignment(name, path_of(parts), by.name, now, given)
            await threads.run(self._store.write, made)
        for student in outcome.done:
            where = path_of(names.copy_of(student, name))
            words = gettext(HANDED_OUT) if by.carry is None else gettext(HANDED_OUT_HOME)
            self._notifications.tell({student}, words.format(name=name, folder=where))
            if by.carry is None:
                self._files.changed(names.copy_of(student, name))
        text = "assignments: %s has handed out %r as %r: %d new, %d had it, %d could not get it"
        numbers = len(outcome.done), len(outcome.unchanged), len(outcome.left)
        self._log.info(text, by.name, path_of(parts), name, *numbers)
        return outcome

    @staticmethod
    async def _give(
        outcome: AssignmentOutcome, name: str, students: Sequence[Student], carry: Carry
    ) -> None:
        """Send copies to students' own labs, and record the results."""
        found = await carried(carry, "give", name, [one.name for one in students])
        for student in (one.name for one in students):
            said = found[student]
            if "error" in said:
                outcome.left[student] = str(said["error"])
            else:
                (outcome.done if said.get("added") else outcome.unchanged).append(student)

    async def _before(self, name: str, source: str) -> Assignment | None:
        """Return the earlier assignment of that name, if there is one."""
        for one in await self._catalogue.all():
            if one.name != name and one.name.casefold() == name.casefold():
                alike = gettext(ALIKE).format(name=one.name)
                raise web.HTTPError(HTTPStatus.CONFLICT, alike)
            if one.name == name and one.source != source:
                other = gettext(OTHER).format(name=name, source=one.source)
                raise web.HTTPError(HTTPStatus.CONFLICT, other)
        return await threads.run(self._store.find, name)

    def _got(self, outcome: AssignmentOutcome) -> list[str]:
        return [*outcome.done, *outcome.unchanged]
