"""Keep copies of students who have handed in nothing, only while they are collected; blocking."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from classroom.lab.assignments import copying, folders
from classroom.lab.assignments.folders import NEW
from classroom.lab.assignments.names import folder_of
from classroom.lab.files.directory_entry import DirectoryEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classroom.lab.assignments.folders import Folders


class Gathered:
    """The temporary copies of one lab."""

    def __init__(self, folders: Folders) -> None:
        """Use the assignments' folders.

        Args:
            folders: the assignments' folders.
        """
        self._folders = folders

    @contextlib.contextmanager
    def spare(self, name: str) -> Iterator[DirectoryEntry]:
        """Yield a place for a temporary copy.

        Args:
            name: the assignment's name.
        """
        with self._folders.held(name) as held:
            place = folders.new(held)
            try:
                yield place
            finally:
                copying.drop(place)

    @contextlib.contextmanager
    def place(self, name: str) -> Iterator[str]:
        """Create a folder for temporary copies from personal labs.

        Args:
            name: the assignment's name.

        Yields:
            The folder's id, for `copy`.
        """
        with self._folders.held(name) as held:
            place = folders.new(held)
            os.mkdir(place.name, 0o700, dir_fd=held)
            try:
                yield place.name.removeprefix(NEW)
            finally:
                copying.drop(place)

    @contextlib.contextmanager
    def copy(self, name: str, place: str, person: str) -> Iterator[DirectoryEntry]:
        """Hold the place of a student's copy, which needn't exist.

        Args:
            name: the assignment's name.
            place: the folder's id, from `place`.
            person: the student's name.

        Raises:
            OSError: the folder is gone.
        """
        with self._folders.held(name, f"{NEW}{place}") as held:
            yield DirectoryEntry(held, folder_of(person))
