"""Hand out, hand in, collect: one lab's assignments, on the event loop."""

from __future__ import annotations

import asyncio
import contextlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tornado import web

from classroom.lab.assignments import collection, names
from classroom.lab.assignments.asked import carried
from classroom.lab.assignments.outcome import AssignmentOutcome, Student, too_large
from classroom.lab.assignments.progress import Progress, away_from
from classroom.lab.assignments.sender import Sender
from classroom.lab.assignments.store import Assignment
from classroom.lab.assignments.submissions import Submissions
from classroom.lab.assignments.work import Work
from classroom.lab.files.directory_entry import parts_of, path_of
from classroom.lab.files.http_errors import said
from classroom.lab.files.reader import TooLargeError
from classroom.lab.storage import threads
from classroom.runtime.turns import TooManyError, Turns
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
    from logging import Logger

    from jupyter_server_ydoc.app import YDocExtension

    from classroom.lab.assignments.asked import AskingTutor, Carry
    from classroom.lab.assignments.places import Places
    from classroom.lab.connections.notifications import Notifications
    from classroom.lab.files.contents_manager import ClassContents
    from classroom.lab.files.directory_entry import Parts

TOGETHER, EACH, ASKED = 2, 1, 4
"""Hand-ins that are copied at a time, of one person, and that wait with that."""
NO_SOURCE = gettext_noop(
    "Choose a file or folder to hand out, and not the class's folder or “students”."
)
NO_ASSIGNMENT = gettext_noop(
    "Nothing was handed out by the name “{name}”. The table of assignments lists what was."
)
OTHER = gettext_noop(
    "“{name}” was handed out from “{source}” before. Choose another name for another assignment."
)
ALIKE = gettext_noop(
    "There is an assignment “{name}” already: choose a name that differs in more than its capitals."
)
OFTEN = gettext_noop("What you hand in is being copied: wait a moment.")
HANDED_OUT = gettext_noop("A tutor has handed out “{name}”: you find your copy in {folder}.")
HANDED_OUT_HOME = gettext_noop(
    "A tutor has handed out “{name}”: you find your copy in your own lab, in the folder “{name}”."
)


class Assignments:
    """The assignments of one lab."""

    def __init__(
        self,
        places: Places,
        contents: ClassContents,
        documents: YDocExtension,
        notifications: Notifications,
        log: Logger,
    ) -> None:
        """Know where everything is.

        Args:
            places: the lab's files and the store.
            contents: the class's files.
            documents: upstream's extension, whose rooms may have some of them open.
            notifications: tells students what they have got.
            log: where to say who has done what.
        """
        self._places, self._store = places, places.store
        self._work, self._progress = Work(places), Progress(places)
        self._submissions = Submissions(places)
        self.own = places.own
        """Whether students have their copies in labs of their own."""
        self._contents, self._documents = contents, documents
        self._notifications, self._log = notifications, log
        self._turn = asyncio.Lock()
        self._turns = Turns(TOGETHER, EACH, ASKED)

    async def all(self) -> list[Assignment]:
        """List what was handed out, the latest first."""
        return await threads.run(self._store.all)

    async def hand_out(
        self,
        name: str,
        path: str,
        students: Iterable[Student],
        by: AskingTutor,
        now: float,
    ) -> AssignmentOutcome:
        """Give each student a copy of a file or folder, as it is in the open documents now.

        Args:
            name: the assignment's.
            path: of the file or folder.
            students: who gets one.
            by: the tutor who hands it out.
            now: seconds since the epoch.

        Raises:
            HTTPError: nothing was handed out, and why.
        """
        if wrong := names.wrong_assignment(name):
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, wrong)
        with said(path):
            parts = parts_of(path)
        if not parts or parts == (names.STUDENTS,):
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, gettext(NO_SOURCE))
        async with self._turn:
            before = await self._before(name, path_of(parts))
            await self._save(parts)
            students = list(students)
            with _worded(path, name):
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
                self._changed(names.copy_of(student, name))
        text = "assignments: %s has handed out %r as %r: %d new, %d had it, %d could not get it"
        numbers = len(outcome.done), len(outcome.unchanged), len(outcome.left)
        self._log.info(text, by.name, path_of(parts), name, *numbers)
        return outcome

    @staticmethod
    async def _give(
        outcome: AssignmentOutcome, name: str, students: Sequence[Student], carry: Carry
    ) -> None:
        """Bring what is handed out to students' own labs, and keep what came of it."""
        found = await carried(carry, "give", name, [one.name for one in students])
        for student in (one.name for one in students):
            said = found[student]
            if "error" in said:
                outcome.left[student] = str(said["error"])
            else:
                (outcome.done if said.get("added") else outcome.unchanged).append(student)

    async def _before(self, name: str, source: str) -> Assignment | None:
        """Return the assignment of that name, if it is handed out again."""
        for one in await self.all():
            if one.name != name and one.name.casefold() == name.casefold():
                alike = gettext(ALIKE).format(name=one.name)
                raise web.HTTPError(HTTPStatus.CONFLICT, alike)
            if one.name == name and one.source != source:
                other = gettext(OTHER).format(name=name, source=one.source)
                raise web.HTTPError(HTTPStatus.CONFLICT, other)
        return await threads.run(self._store.find, name)

    def _got(self, outcome: AssignmentOutcome) -> list[str]:
        return [*outcome.done, *outcome.unchanged]

    async def hand_in(
        self,
        name: str,
        person: str,
        bring: Callable[[str], Awaitable[dict[str, Any]]] | None = None,
    ) -> dict[str, Any]:
        """Keep what a student has of an assignment, as it is in the open documents now.

        Args:
            name: the assignment's.
            person: the student's name, the server's word.
            bring: brings it from this lab, the student's own, to the class, and returns what the
                class has got; None in the class.

        Returns:
            What `mine` lists of it, and what was left out.

        Raises:
            HTTPError: it wasn't handed in, and why.
        """
        await self.find(name)
        parts = self._places.copy_of(person, name)
        try:
            async with self._turns.own(person), self._turns.place():
                await self._save(parts)
                with _worded(path_of(parts), name):
                    if bring is None:
                        left_out = await threads.run_long(self._work.hand_in, name, person, parts)
                    else:
                        left_out = await threads.run_long(self._work.make_ready, name, parts)
                        receipt = await bring(name)
                        await threads.run(self._store.write_receipt, name, receipt)
        except TooManyError as error:
            raise web.HTTPError(HTTPStatus.TOO_MANY_REQUESTS, gettext(OFTEN)) from error
        self._log.info("assignments: %s has handed in %r", person, name)
        mine = {one["name"]: one for one in await self.mine(person)}
        found = mine.get(
            name, {"name": name}
        )  # of somebody who was renamed, until it is given again
        return {**found, "leftOut": sorted(set(left_out))}

    async def mine(self, person: str) -> list[dict[str, Any]]:
        """List the assignments of which a student has a copy, the latest first.

        Args:
            person: the student's name.
        """
        return await threads.run(self._progress.mine, person)

    async def table(
        self, name: str, students: Iterable[Student], by: AskingTutor
    ) -> dict[str, Any]:
        """Say who has an assignment, who has changed it, and who has handed it in.

        Args:
            name: the assignment's.
            students: everybody on the list.
            by: the tutor who asks.

        Raises:
            HTTPError: 404, nothing was handed out by that name.
        """
        one, students = await self.find(name), list(students)
        looked = None
        if by.carry is not None:
            asked = [*(student.name for student in students), *away_from(one, students)]
            looked = await carried(by.carry, "look", name, asked)
        rows = await threads.run_long(self._progress.rows, one, students, looked)
        return {"name": one.name, "source": one.source, "by": one.by, "at": one.at, "rows": rows}

    async def collect(
        self,
        name: str,
        folder: str,
        students: Iterable[Student],
        *,
        missing: bool,
        by: AskingTutor,
    ) -> AssignmentOutcome:
        """Put what was handed in into a folder of the class's files, as nbgrader wants it.

        Args:
            name: the assignment's.
            folder: the course's, in which there is to be ``submitted``.
            students: everybody on the list.
            missing: whether to take the copies of those who have handed in nothing, too, as they
                are now.
            by: the tutor who collects.

        Raises:
            HTTPError: 404, nothing was handed out by that name; or nothing was collected, and why.
        """
        one = await self.find(name)
        with said(folder):
            parts = parts_of(folder)
        students = list(students) if missing else []
        if students and by.carry is None:
            await self._save((names.STUDENTS,))
        async with self._gathered(one, students, by.carry) as (place, left), self._turn:
            with _worded(folder, name):
                outcome = await threads.run_long(
                    self._submissions.collect, one, parts, students, place
                )
            outcome.left |= left
        for student in outcome.done:
            self._changed(names.submitted(parts, student, name))
        text = "assignments: %s has collected %r into %r: %d new, %d as before, %d not"
        numbers = len(outcome.done), len(outcome.unchanged), len(outcome.left)
        self._log.info(text, by.name, name, path_of(parts), *numbers)
        return outcome

    async def archive(
        self,
        name: str,
        students: Iterable[Student],
        send: Callable[[bytes], Awaitable[None]],
        *,
        missing: bool,
        by: AskingTutor,
    ) -> None:
        """Send what was handed in as an archive, which only who asks for it has.

        Args:
            name: the assignment's.
            students: everybody on the list.
            send: takes the archive, piece by piece.
            missing: as of `collect`.
            by: the tutor who collects.

        Raises:
            HTTPError: 404, nothing was handed out by that name.
            OSError: something can't be read, or the tutor's page is gone.
        """
        one = await self.find(name)
        students = list(students) if missing else []
        if students and by.carry is None:
            await self._save((names.STUDENTS,))
        outcome = AssignmentOutcome()
        stream = Sender(send, asyncio.get_running_loop())

        def write(place: str) -> None:
            found = self._submissions.held(one, students, outcome, place)
            collection.write_archive(stream, one.name, found)
            stream.finish()

        async with self._gathered(one, students, by.carry) as (place, _):
            # Not in a thread for files: it waits for the tutor's connection.
            await asyncio.to_thread(write, place)
        self._log.info("assignments: %s has downloaded %r", by.name, name)

    @contextlib.asynccontextmanager
    async def _gathered(
        self, one: Assignment, students: Sequence[Student], carry: Carry | None
    ) -> AsyncIterator[tuple[str, dict[str, str]]]:
        """Fetch the copies of those who have handed in nothing from labs of their own.

        Yields:
            Where they are ("" for nowhere), and sentences by the folders of those of whom there is
            none.
        """
        if carry is None or not students:
            yield "", {}
            return
        handed_in = await threads.run(self._store.hand_ins.of, one.name)
        wanted = [student.name for student in students if student.name in one.given]
        wanted = [name for name in wanted if names.folder_of(name) not in handed_in]
        with self._store.gathered.place(one.name) as place:
            found = await carried(carry, "fetch", one.name, wanted, place)
            folders = {names.folder_of(name): said for name, said in found.items()}
            yield place, {who: said["error"] for who, said in folders.items() if "error" in said}

    async def find(self, name: str) -> Assignment:
        """Return an assignment.

        Args:
            name: as a page has it.

        Raises:
            HTTPError: 404, nothing was handed out by that name.
        """
        found = None
        if not names.wrong_assignment(name):
            found = await threads.run(self._store.find, name)
        if found is None:
            missing = gettext(NO_ASSIGNMENT).format(name=name)
            raise web.HTTPError(HTTPStatus.NOT_FOUND, missing)
        return found

    async def _save(self, parts: Parts) -> None:
        """Have in the files what people have typed in the open documents of a folder."""
        for room in tuple(self._documents.ywebsocket_server.rooms.values()):
            path = getattr(room, "file_path", None)
            if path is not None and parts_of(path)[: len(parts)] == parts:
                await room.finish()

    def _changed(self, parts: Parts) -> None:
        """Tell pages that there is something new, as after any save."""
        self._contents.emit(data={"action": "save", "path": path_of(parts)})


@contextlib.contextmanager
def _worded(path: str, name: str) -> Iterator[None]:
    """Say in a sentence what can't be done with an assignment."""
    with said(path):
        try:
            yield
        except TooLargeError as error:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            raise web.HTTPError(status, too_large(name)) from error
