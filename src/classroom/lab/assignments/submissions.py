"""Collect hand-ins, and copies of students without one; blocking, in threads."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from classroom.lab.assignments import collection, comparing, copying, names
from classroom.lab.assignments.hand_ins import stamp
from classroom.lab.assignments.outcome import AssignmentOutcome, Student, each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classroom.lab.assignments.storage import AssignmentStorage
    from classroom.lab.assignments.store import Assignment
    from classroom.lab.files.directory_entry import DirectoryEntry, Parts


class Submissions:
    """The submissions of one lab."""

    def __init__(self, storage: AssignmentStorage) -> None:
        """Use the lab's files and its store.

        Args:
            storage: the lab's files and the store.
        """
        self._storage = storage

    def collect(
        self, one: Assignment, parts: Parts, students: list[Student], gathered: str = ""
    ) -> AssignmentOutcome:
        """Put what was handed in into a folder of the class's files.

        Args:
            one: the assignment.
            parts: path of the course's folder.
            students: as for `held`.
            gathered: as for `held`.
        """
        outcome = AssignmentOutcome()
        for folder, place in self.held(one, students, outcome, gathered):
            with each(outcome, folder):
                where = names.submitted(parts, folder, one.name)
                is_new = collection.bring(self._storage.root, where, place)
                (outcome.done if is_new else outcome.unchanged).append(folder)
        return outcome

    def held(
        self,
        one: Assignment,
        students: list[Student],
        outcome: AssignmentOutcome,
        gathered: str = "",
    ) -> Iterator[tuple[str, DirectoryEntry]]:
        """Iterate over the students' folder names and submissions, and hold each open.

        Args:
            one: the assignment.
            students: the students whose copies count if they have handed in nothing.
            outcome: receives a sentence for each copy that can't be read.
            gathered: the place of copies from personal labs (`Gathered.place`); "" for none.
        """
        handed_in = self._storage.store.hand_ins.of(one.name)
        for folder, mine in sorted(handed_in.items()):
            with self._storage.store.hand_ins.newest(one.name, mine) as place:
                yield folder, place
        for student in students:
            if (folder := names.folder_of(student.name)) in handed_in:
                continue
            if gathered:
                with self._storage.store.gathered.copy(one.name, gathered, student.name) as place:
                    if _is_there(place):
                        yield folder, place
                continue
            with self._storage.store.gathered.spare(one.name) as place:
                taken = False
                with each(outcome, folder):
                    taken = self._take_copy(one, student, place)
                if taken:
                    yield folder, place

    def _take_copy(self, one: Assignment, student: Student, place: DirectoryEntry) -> bool:
        """Copy the folder of a student who has handed in nothing; use the time of the last change.

        Returns:
            Whether the student has a copy.
        """
        if student.name not in one.given:
            return False
        copy = self._storage.copy_of(student.name, one.name)
        with (
            self._storage.root.at(copy, follow=False) as source,
            self._storage.store.original(one.name) as original,
        ):
            if not _is_there(source):
                return False
            changed = comparing.changed(source, original) or 0
            copying.take_in(source, place)
        when = min(max(changed, one.given[student.name]), time.time())
        stamp(place, datetime.fromtimestamp(when, UTC))
        return True


def _is_there(place: DirectoryEntry) -> bool:
    try:
        place.stat()
    except FileNotFoundError:
        return False
    return True
