"""Copies of those who have handed in nothing, kept only while they are collected; blocking."""

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
    """Those of one lab."""

    def __init__(self, folders: Folders) -> None:
        """Know where they are.

        Args:
            folders: the assignments'.
        """
        self._folders = folders

    @contextlib.contextmanager
    def spare(self, name: str) -> Iterator[DirectoryEntry]:
        """Give a place for a copy that nobody keeps.

        Args:
            name: the assignment's.
        """
        with self._folders.held(name) as held:
            place = folders.new(held)
            try:
                yield place
            finally:
                copying.drop(place)

    @contextlib.contextmanager
    def place(self, name: str) -> Iterator[str]:
        """Make a folder for copies that nobody keeps, which come from labs of people's own.

        Args:
            name: the assignment's.

        Yields:
            What `copy` knows it by.
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
        """Hold the place of somebody's copy, which needn't be there.

        Args:
            name: the assignment's.
            place: from `place`.
            person: the student's name.

        Raises:
            OSError: nothing is gathered there any more.
        """
        with self._folders.held(name, f"{NEW}{place}") as held:
            yield DirectoryEntry(held, folder_of(person))
