"""What is done with assignments: blocking, in threads; `service` calls it from the event loop."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tornado import web

from classroom.lab.assignments import collection, comparing, copying, names
from classroom.lab.assignments.outcome import AssignmentOutcome, Student, each
from classroom.lab.assignments.store import Assignment, HandIn, Store, stamp
from classroom.lab.files import tree
from classroom.lab.files.directory_entry import NoFolderError, path_of
from classroom.lab.files.disk_reserve import Allowance, ensure
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import DirectoryEntry, Parts

NOT_YOURS = gettext_noop(
    "You have no “{name}” to hand in: your copy would be the folder “{folder}”. Ask your tutor."
)


class Work:
    """Works on the class's files and the store."""

    def __init__(self, root: Root, scratch: Path | None, store: Store) -> None:
        """Know both.

        Args:
            root: the class's files.
            scratch: as of `atomic_write.write`.
            store: what the lab keeps of assignments.
        """
        self._root, self._scratch, self._store = root, scratch, store

    def hand_out(self, name: str, parts: Parts, students: list[Student]) -> AssignmentOutcome:
        """Keep what is handed out, and give each student a copy.

        Args:
            name: the assignment's.
            parts: of the tutor's file or folder.
            students: who gets one.

        Raises:
            OSError: it can't be kept; nobody got anything.
        """
        outcome = AssignmentOutcome()
        with self._root.at(parts) as source:
            size = tree.size_of(source, 0, Allowance(copying.LARGEST))
            ensure(self._root, size * (len(students) + 1))
            outcome.left_out = self._store.take_original(name, source)
        for student in students:
            with self._store.original(name) as original, each(outcome, student.name):
                copy = names.copy_of(student.name, name)
                placed = copying.give(self._root, copy, original, self._scratch)
                if placed.blocked:
                    raise NoFolderError(path_of(copy))
                (outcome.done if placed.added else outcome.unchanged).append(student.name)
        return outcome

    def hand_in(self, name: str, person: str, parts: Parts) -> list[str]:
        """Keep what a student hands in; return the names of what was left out.

        Args:
            name: the assignment's.
            person: the student's name.
            parts: of the student's copy.

        Raises:
            HTTPError: 404, the student has none.
            OSError: it can't be kept; what was handed in before stays.
        """
        root = self._root
        with contextlib.ExitStack() as stack:
            try:
                source = stack.enter_context(root.at(parts, follow=False))
                source.stat()
            except (FileNotFoundError, NotADirectoryError) as error:
                missing = gettext(NOT_YOURS).format(name=name, folder=path_of(parts))
                raise web.HTTPError(HTTPStatus.NOT_FOUND, missing) from error
            ensure(root, tree.size_of(source, 0, Allowance(copying.LARGEST)))
            return self._store.take_hand_in(name, person, source)

    def mine(self, person: str) -> list[dict[str, Any]]:
        """List the assignments that a student has got, the latest first.

        Args:
            person: the student's name.
        """
        found = []
        for one in self._store.all():
            mine = self._store.hand_ins(one.name).get(names.folder_of(person))
            copy = names.copy_of(person, one.name)
            if person in one.given or mine:
                found.append({"name": one.name, "path": path_of(copy), **_handed_in(mine)})
        return found

    def rows(self, one: Assignment, students: list[Student]) -> list[dict[str, Any]]:
        """Make the table's rows: of everybody on the list, and of others who have something of it.

        Args:
            one: the assignment.
            students: everybody on the list.
        """
        handed_in = self._store.hand_ins(one.name)
        listed = {student.name for student in students}
        away = [Student(name, name) for name in sorted(one.given) if name not in listed]
        rows = [self._row(one, student, handed_in) for student in (*students, *away)]
        return [
            {**row, "listed": row["name"] in listed}
            for row in rows
            if row["name"] in listed or row["handedIn"] or row["has"] == "copy"
        ]

    def _row(
        self, one: Assignment, student: Student, handed_in: dict[str, HandIn]
    ) -> dict[str, Any]:
        copy = names.copy_of(student.name, one.name)
        has, changed = "other", None
        try:
            with self._root.at(copy, follow=False) as place:
                place.stat()
                if student.name in one.given:
                    with self._store.original(one.name) as original:
                        changed = comparing.changed(place, original)
                    has = "copy"
        except FileNotFoundError:
            has = "none"
        except OSError:  # a link or a file in its place, or shut by a student's program
            pass
        mine = handed_in.get(names.folder_of(student.name))
        row = {"name": student.name, "shown": student.shown, "path": path_of(copy)}
        if changed is not None:  # programs set their files' times as they like
            changed = min(max(changed, 0.0), time.time())
        return {**row, "has": has, "changed": changed, **_handed_in(mine)}

    def collect(self, one: Assignment, parts: Parts, students: list[Student]) -> AssignmentOutcome:
        """Put what was handed in into a folder of the class's files.

        Args:
            one: the assignment.
            parts: of the course's folder.
            students: as of `submissions`.
        """
        outcome = AssignmentOutcome()
        for folder, place in self.submissions(one, students, outcome):
            with each(outcome, folder):
                where = names.submitted(parts, folder, one.name)
                is_new = collection.bring(self._root, where, place)
                (outcome.done if is_new else outcome.unchanged).append(folder)
        return outcome

    def submissions(
        self, one: Assignment, students: list[Student], outcome: AssignmentOutcome
    ) -> Iterator[tuple[str, DirectoryEntry]]:
        """Hold what each has handed in, one after the other, with the name of their folder.

        Args:
            one: the assignment.
            students: whose copies are taken where nothing is handed in.
            outcome: gets a sentence for each that can't be taken.
        """
        handed_in = self._store.hand_ins(one.name)
        for folder, mine in sorted(handed_in.items()):
            with self._store.hand_in(one.name, mine) as place:
                yield folder, place
        for student in students:
            if (folder := names.folder_of(student.name)) in handed_in:
                continue
            with self._store.spare(one.name) as place:
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
        with (
            self._root.at(names.copy_of(student.name, one.name), follow=False) as source,
            self._store.original(one.name) as original,
        ):
            try:
                source.stat()
            except FileNotFoundError:
                return False
            changed = comparing.changed(source, original) or 0
            copying.take_in(source, place)
        when = min(max(changed, one.given[student.name]), time.time())
        stamp(place, datetime.fromtimestamp(when, UTC))
        return True


def _handed_in(one: HandIn | None) -> dict[str, Any]:
    """Return when somebody has handed in last, and how many of theirs are kept."""
    return {"handedIn": one.at.timestamp() if one else None, "times": one.times if one else 0}
