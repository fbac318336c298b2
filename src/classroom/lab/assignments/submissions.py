"""What there is to collect: hand-ins, and copies where there are none; blocking, in threads."""

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
    """Those of one lab."""

    def __init__(self, storage: AssignmentStorage) -> None:
        """Know where everything is.

        Args:
            storage: the lab's.
        """
        self._storage = storage

    def collect(
        self, one: Assignment, parts: Parts, students: list[Student], gathered: str = ""
    ) -> AssignmentOutcome:
        """Put what was handed in into a folder of the class's files.

        Args:
            one: the assignment.
            parts: of the course's folder.
            students: as of `held`.
            gathered: likewise.
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
        """Hold what each has handed in, one after the other, with the name of their folder.

        Args:
            one: the assignment.
            students: whose copies are taken where nothing is handed in.
            outcome: gets a sentence for each that can't be taken.
            gathered: where the copies have come from labs of people's own (`Gathered.place`).
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
        """Copy what a student has who has handed in nothing; the time is that of their last change.

        Returns:
            Whether they have anything.
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
