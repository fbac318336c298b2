"""What is done with assignments: blocking, in threads; `service` calls it from the event loop."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tornado import web

from classroom.lab.assignments import collection, comparing, copying, names
from classroom.lab.assignments.hand_ins import HandIn, stamp
from classroom.lab.assignments.outcome import AssignmentOutcome, Student, each
from classroom.lab.assignments.store import READY, Assignment, Store
from classroom.lab.files import tree
from classroom.lab.files.directory_entry import NoFolderError, path_of
from classroom.lab.files.disk_reserve import Allowance, ensure
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import DirectoryEntry, Parts

NOT_YOURS = gettext_noop(
    "You have no “{name}” to hand in: your copy would be the folder “{folder}”. Ask your tutor."
)


class Work:
    """Works on the class's files and the store."""

    def __init__(
        self, root: Root, scratch: Path | None, store: Store, *, own: bool = False
    ) -> None:
        """Know both.

        Args:
            root: the lab's files.
            scratch: as of `atomic_write.write`.
            store: what the lab keeps of assignments.
            own: whether students have their copies in labs of their own.
        """
        self._root, self._scratch = root, scratch
        self.own, self.store = own, store
        self.copy_of = names.own_copy_of if own else names.copy_of

    def hand_out(self, name: str, parts: Parts, students: list[Student]) -> AssignmentOutcome:
        """Keep what is handed out, and give each student a copy.

        Args:
            name: the assignment's.
            parts: of the tutor's file or folder.
            students: who gets one.

        Raises:
            OSError: it can't be kept; nobody got anything.
        """
        outcome = self.keep(name, parts, len(students))
        for student in students:
            with self.store.original(name) as original, each(outcome, student.name):
                copy = self.copy_of(student.name, name)
                placed = copying.give(self._root, copy, original, self._scratch)
                if placed.blocked:
                    raise NoFolderError(path_of(copy))
                (outcome.done if placed.added else outcome.unchanged).append(student.name)
        return outcome

    def keep(self, name: str, parts: Parts, copies: int) -> AssignmentOutcome:
        """Keep what is handed out; nobody has got it yet.

        Args:
            name: the assignment's.
            parts: of the tutor's file or folder.
            copies: for how many more there must be space.

        Raises:
            OSError: it can't be kept.
        """
        outcome = AssignmentOutcome()
        with self._root.at(parts) as source:
            size = tree.size_of(source, 0, Allowance(copying.LARGEST))
            ensure(self._root, size * (copies + 1))
            outcome.left_out = self.store.take_original(name, source)
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
        with self._to_hand_in(name, parts) as source:
            return self.store.hand_ins.take(name, person, source)

    def make_ready(self, name: str, parts: Parts) -> list[str]:
        """Keep what the owner of the lab hands in until the class has fetched it, as `hand_in`.

        Args:
            name: the assignment's.
            parts: of the student's copy.

        Raises:
            HTTPError: 404, the student has none.
            OSError: it can't be kept.
        """
        with self._to_hand_in(name, parts) as source:
            return self.store.put(name, READY, lambda new: copying.take_in(source, new))

    @contextlib.contextmanager
    def _to_hand_in(self, name: str, parts: Parts) -> Iterator[DirectoryEntry]:
        root = self._root
        with contextlib.ExitStack() as stack:
            try:
                source = stack.enter_context(root.at(parts, follow=False))
                source.stat()
            except (FileNotFoundError, NotADirectoryError) as error:
                missing = gettext(NOT_YOURS).format(name=name, folder=path_of(parts))
                raise web.HTTPError(HTTPStatus.NOT_FOUND, missing) from error
            ensure(root, tree.size_of(source, 0, Allowance(copying.LARGEST)))
            yield source

    def mine(self, person: str) -> list[dict[str, Any]]:
        """List the assignments that a student has got, the latest first.

        Args:
            person: the student's name.
        """
        found = []
        for one in self.store.all():
            mine = self.store.hand_ins.of(one.name).get(names.folder_of(person))
            copy = self.copy_of(person, one.name)
            if person in one.given or mine:
                handed_in = _handed_in(mine) | self.store.receipt(one.name)
                found.append({"name": one.name, "path": path_of(copy), **handed_in})
        return found

    def rows(
        self,
        one: Assignment,
        students: list[Student],
        looked: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> list[dict[str, Any]]:
        """Make the table's rows: of everybody on the list, and of others who have something of it.

        Args:
            one: the assignment.
            students: everybody on the list.
            looked: what `look` says of each, where they have labs of their own.
        """
        handed_in = self.store.hand_ins.of(one.name)
        listed = {student.name for student in students}
        away = [Student(name, name) for name in away_from(one, students)]
        rows = []
        for student in (*students, *away):
            found = self.look(one, student.name) if looked is None else looked[student.name]
            mine = handed_in.get(names.folder_of(student.name))
            row = {"name": student.name, "shown": student.shown, **found, **_handed_in(mine)}
            rows.append({**row, "path": path_of(self.copy_of(student.name, one.name))})
        return [
            {**row, "listed": row["name"] in listed}
            for row in rows
            if row["name"] in listed or row["handedIn"] or row["has"] == "copy"
        ]

    def look(self, one: Assignment, student: str) -> dict[str, Any]:
        """Say whether a student has their copy, and when it was changed last.

        Args:
            one: the assignment.
            student: the student's name.
        """
        copy = self.copy_of(student, one.name)
        has, changed = "other", None
        try:
            with self._root.at(copy, follow=False) as place:
                place.stat()
                if student in one.given:
                    with self.store.original(one.name) as original:
                        changed = comparing.changed(place, original)
                    has = "copy"
        except FileNotFoundError:
            has = "none"
        except OSError:  # a link or a file in its place, or shut by a student's program
            pass
        if changed is not None:  # programs set their files' times as they like
            changed = min(max(changed, 0.0), time.time())
        return {"has": has, "changed": changed}

    def collect(
        self, one: Assignment, parts: Parts, students: list[Student], gathered: str = ""
    ) -> AssignmentOutcome:
        """Put what was handed in into a folder of the class's files.

        Args:
            one: the assignment.
            parts: of the course's folder.
            students: as of `submissions`.
            gathered: likewise.
        """
        outcome = AssignmentOutcome()
        for folder, place in self.submissions(one, students, outcome, gathered):
            with each(outcome, folder):
                where = names.submitted(parts, folder, one.name)
                is_new = collection.bring(self._root, where, place)
                (outcome.done if is_new else outcome.unchanged).append(folder)
        return outcome

    def submissions(
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
        handed_in = self.store.hand_ins.of(one.name)
        for folder, mine in sorted(handed_in.items()):
            with self.store.hand_ins.newest(one.name, mine) as place:
                yield folder, place
        for student in students:
            if (folder := names.folder_of(student.name)) in handed_in:
                continue
            if gathered:
                with self.store.gathered.copy(one.name, gathered, student.name) as place:
                    if _is_there(place):
                        yield folder, place
                continue
            with self.store.gathered.spare(one.name) as place:
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
            self._root.at(self.copy_of(student.name, one.name), follow=False) as source,
            self.store.original(one.name) as original,
        ):
            if not _is_there(source):
                return False
            changed = comparing.changed(source, original) or 0
            copying.take_in(source, place)
        when = min(max(changed, one.given[student.name]), time.time())
        stamp(place, datetime.fromtimestamp(when, UTC))
        return True


def away_from(one: Assignment, students: Iterable[Student]) -> list[str]:
    """List those who have got an assignment and are no longer on the list.

    Args:
        one: the assignment.
        students: everybody on the list.
    """
    return sorted(set(one.given) - {student.name for student in students})


def _is_there(place: DirectoryEntry) -> bool:
    try:
        place.stat()
    except FileNotFoundError:
        return False
    return True


def _handed_in(one: HandIn | None) -> dict[str, Any]:
    """Return when somebody has handed in last, and how many of theirs are kept."""
    return {"handedIn": one.at.timestamp() if one else None, "times": one.times if one else 0}
