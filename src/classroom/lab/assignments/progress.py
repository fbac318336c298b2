"""Find out who has which assignment, and since when; blocking, in threads."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from classroom.lab.assignments import comparing, names
from classroom.lab.assignments.outcome import Student
from classroom.lab.files.directory_entry import path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from classroom.lab.assignments.hand_ins import HandIn
    from classroom.lab.assignments.storage import AssignmentStorage
    from classroom.lab.assignments.store import Assignment


class Progress:
    """The progress of the people of one lab."""

    def __init__(self, storage: AssignmentStorage) -> None:
        """Use the lab's files and its store.

        Args:
            storage: the lab's files and the store.
        """
        self._storage = storage

    def mine(self, person: str) -> list[dict[str, Any]]:
        """List a student's assignments, the latest first.

        Args:
            person: the student's name.
        """
        found = []
        for one in self._storage.store.all():
            mine = self._storage.store.hand_ins.of(one.name).get(names.folder_of(person))
            copy = self._storage.copy_of(person, one.name)
            if person in one.given or mine:
                handed_in = _handed_in(mine) | self._storage.store.receipt(one.name)
                found.append({"name": one.name, "path": path_of(copy), **handed_in})
        return found

    def rows(
        self,
        one: Assignment,
        students: list[Student],
        looked: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> list[dict[str, Any]]:
        """Make the table's rows: everybody on the list, and others who have a copy or a hand-in.

        Args:
            one: the assignment.
            students: everybody on the list.
            looked: each student's result of `look`, if students have their own labs.
        """
        handed_in = self._storage.store.hand_ins.of(one.name)
        listed = {student.name for student in students}
        away = [Student(name, name) for name in away_from(one, students)]
        rows = []
        for student in (*students, *away):
            found = self.look(one, student.name) if looked is None else looked[student.name]
            mine = handed_in.get(names.folder_of(student.name))
            row = {"name": student.name, "shown": student.shown, **found, **_handed_in(mine)}
            rows.append({**row, "path": path_of(self._storage.copy_of(student.name, one.name))})
        return [
            {**row, "listed": row["name"] in listed}
            for row in rows
            if row["name"] in listed or row["handedIn"] or row["has"] == "copy"
        ]

    def look(self, one: Assignment, student: str) -> dict[str, Any]:
        """Return whether a student has a copy, and when it was changed last.

        Args:
            one: the assignment.
            student: the student's name.
        """
        copy = self._storage.copy_of(student, one.name)
        has, changed = "other", None
        try:
            with self._storage.root.at(copy, follow=False) as place:
                place.stat()
                if student in one.given:
                    with self._storage.store.original(one.name) as original:
                        changed = comparing.changed(place, original)
                    has = "copy"
        except FileNotFoundError:
            has = "none"
        except OSError:  # a link or file in its place, or inaccessible
            pass
        if changed is not None:  # programs may set any time
            changed = min(max(changed, 0.0), time.time())
        return {"has": has, "changed": changed}


def away_from(one: Assignment, students: Iterable[Student]) -> list[str]:
    """List the students who have an assignment and aren't on the list any more.

    Args:
        one: the assignment.
        students: everybody on the list.
    """
    return sorted(set(one.given) - {student.name for student in students})


def _handed_in(one: HandIn | None) -> dict[str, Any]:
    """Return when a student handed in last, and how many hand-ins are kept."""
    return {"handedIn": one.at.timestamp() if one else None, "times": one.times if one else 0}
