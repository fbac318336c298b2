"""Hand out and hand in: blocking; `handing_out` and `handing_in` call it, in threads."""

from __future__ import annotations

import contextlib
from http import HTTPStatus
from typing import TYPE_CHECKING

from tornado import web

from classroom.lab.assignments import copying
from classroom.lab.assignments.outcome import AssignmentOutcome, Student, each
from classroom.lab.assignments.store import READY
from classroom.lab.files import tree
from classroom.lab.files.directory_entry import NoFolderError, path_of
from classroom.lab.files.disk_reserve import Allowance, ensure
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classroom.lab.assignments.storage import AssignmentStorage
    from classroom.lab.files.directory_entry import DirectoryEntry, Parts

NOT_YOURS = gettext_noop(
    "You have no “{name}” to hand in: your copy would be the folder “{folder}”. Ask your tutor."
)


class Work:
    """Works on the lab's files and the store."""

    def __init__(self, storage: AssignmentStorage) -> None:
        """Know where everything is.

        Args:
            storage: the lab's.
        """
        self._storage = storage

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
            with self._storage.store.original(name) as original, each(outcome, student.name):
                copy = self._storage.copy_of(student.name, name)
                placed = copying.give(self._storage.root, copy, original, self._storage.scratch)
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
        with self._storage.root.at(parts) as source:
            size = tree.size_of(source, 0, Allowance(copying.LARGEST_BYTES))
            ensure(self._storage.root, size * (copies + 1))
            outcome.left_out = self._storage.store.take_original(name, source)
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
            return self._storage.store.hand_ins.take(name, person, source)

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
            return self._storage.store.put(name, READY, lambda new: copying.take_in(source, new))

    @contextlib.contextmanager
    def _to_hand_in(self, name: str, parts: Parts) -> Iterator[DirectoryEntry]:
        root = self._storage.root
        with contextlib.ExitStack() as stack:
            try:
                source = stack.enter_context(root.at(parts, follow=False))
                source.stat()
            except (FileNotFoundError, NotADirectoryError) as error:
                missing = gettext(NOT_YOURS).format(name=name, folder=path_of(parts))
                raise web.HTTPError(HTTPStatus.NOT_FOUND, missing) from error
            ensure(root, tree.size_of(source, 0, Allowance(copying.LARGEST_BYTES)))
            yield source
