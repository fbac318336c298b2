"""Collect what was handed in, for a tutor. For one event loop."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from classroom.lab.assignments import collection, names
from classroom.lab.assignments.asked import carried
from classroom.lab.assignments.outcome import AssignmentOutcome, Student, worded
from classroom.lab.assignments.sender import Sender
from classroom.lab.assignments.submissions import Submissions
from classroom.lab.files.directory_entry import parts_of, path_of
from classroom.lab.files.http_errors import said
from classroom.lab.storage import threads

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
    from logging import Logger

    from classroom.lab.assignments.asked import AskingTutor, Carry
    from classroom.lab.assignments.catalogue import Catalogue
    from classroom.lab.assignments.live_files import LiveFiles
    from classroom.lab.assignments.storage import AssignmentStorage
    from classroom.lab.assignments.store import Assignment


class Collecting:
    """Collects assignments in one lab."""

    def __init__(
        self, storage: AssignmentStorage, catalogue: Catalogue, files: LiveFiles, log: Logger
    ) -> None:
        """Use the lab's files and its store.

        Args:
            storage: the lab's files and the store.
            catalogue: what was handed out.
            files: the lab's open files.
            log: the log to write to.
        """
        self._submissions, self._store = Submissions(storage), storage.store
        self._catalogue, self._files, self._log = catalogue, files, log

    async def collect(
        self,
        name: str,
        folder: str,
        students: Iterable[Student],
        *,
        missing: bool,
        by: AskingTutor,
    ) -> AssignmentOutcome:
        """Put what was handed in into a folder of the class's files, in nbgrader's layout.

        Args:
            name: the assignment's name.
            folder: the course's folder, in which ``submitted`` is created.
            students: everybody on the list.
            missing: whether to collect the present copies of students who have handed in nothing,
                too.
            by: the tutor who collects.

        Raises:
            HTTPError: 404 if nothing was handed out by that name; otherwise the sentence says why
                nothing was collected.
        """
        one = await self._catalogue.find(name)
        with said(folder):
            parts = parts_of(folder)
        students = list(students) if missing else []
        if students and by.carry is None:
            await self._files.save((names.STUDENTS,))
        async with self._gathered(one, students, by.carry) as (place, left), self._files.turn:
            with worded(folder, name):
                outcome = await threads.run_long(
                    self._submissions.collect, one, parts, students, place
                )
            outcome.left |= left
        for student in outcome.done:
            self._files.changed(names.submitted(parts, student, name))
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
        """Send what was handed in as an archive to the tutor; nobody else gets it.

        Args:
            name: the assignment's name.
            students: everybody on the list.
            send: sends a piece of the archive.
            missing: as for `collect`.
            by: the tutor who collects.

        Raises:
            HTTPError: 404 if nothing was handed out by that name.
            OSError: something can't be read, or the tutor's page is gone.
        """
        one = await self._catalogue.find(name)
        students = list(students) if missing else []
        if students and by.carry is None:
            await self._files.save((names.STUDENTS,))
        outcome = AssignmentOutcome()
        stream = Sender(send, asyncio.get_running_loop())

        def write(place: str) -> None:
            found = self._submissions.held(one, students, outcome, place)
            collection.write_archive(stream, one.name, found)
            stream.finish()

        async with self._gathered(one, students, by.carry) as (place, _):
            # Don't use a thread for files, because this waits for the tutor's connection.
            await asyncio.to_thread(write, place)
        self._log.info("assignments: %s has downloaded %r", by.name, name)

    @contextlib.asynccontextmanager
    async def _gathered(
        self, one: Assignment, students: Sequence[Student], carry: Carry | None
    ) -> AsyncIterator[tuple[str, dict[str, str]]]:
        """Fetch the copies of students who have handed in nothing from their own labs.

        Yields:
            The place of the copies ("" if there is none), and a sentence for each student whose
            copy couldn't be fetched, by the student's folder.
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
