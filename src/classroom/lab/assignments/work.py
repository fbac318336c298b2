"""The blocking part of handing out and handing in, which runs in threads."""

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
        """Use the lab's files and its store.

        Args:
            storage: the lab's files and the store.
        """
        self._storage = storage

    def hand_out(self, name: str, parts: Parts, students: list[Student]) -> AssignmentOutcome:
        """Store what is handed out, and give each student a copy.

        Args:
            name: the assignment's name.
            parts: path of the tutor's file or folder.
            students: the students who get one.

        Raises:
            OSError: it can't be stored; nobody got a copy.
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
        """Store what is handed out, without giving copies.

        Args:
            name: the assignment's name.
            parts: path of the tutor's file or folder.
            copies: for how many copies there must be space, too.

        Raises:
            OSError: it can't be stored.
        """
        outcome = AssignmentOutcome()
        with self._storage.root.at(parts) as source:
            size = tree.size_of(source, 0, Allowance(copying.LARGEST_BYTES))
            ensure(self._storage.root, size * (copies + 1))
            outcome.left_out = self._storage.store.take_original(name, source)
        return outcome

    def hand_in(self, name: str, person: str, parts: Parts) -> list[str]:
        """Store what a student hands in; return the names of what was left out.

        Args:
            name: the assignment's name.
            person: the student's name.
            parts: path of the student's copy.

        Raises:
            HTTPError: 404 if the student has no copy.
            OSError: it can't be stored; earlier hand-ins stay.
        """
        with self._to_hand_in(name, parts) as source:
            return self._storage.store.hand_ins.take(name, person, source)

    def make_ready(self, name: str, parts: Parts) -> list[str]:
        """Store what the lab's owner hands in until the class has fetched it; else as `hand_in`.

        Args:
            name: the assignment's name.
            parts: path of the student's copy.

        Raises:
            HTTPError: 404 if the student has no copy.
            OSError: it can't be stored.
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
