"""Keep each student's last hand-ins, with nbgrader's timestamp; blocking."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from classroom.lab.assignments import copying, folders
from classroom.lab.assignments.folders import NEW, names_in
from classroom.lab.assignments.names import folder_of
from classroom.lab.files.atomic_write import flush
from classroom.lab.files.directory_entry import DirectoryEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from classroom.lab.assignments.folders import Folders

KEPT = 3
"""How many of a student's hand-ins to keep: the newest, which counts, and earlier ones."""
MOMENT = "%Y%m%dT%H%M%S.%fZ"
"""Format of the name of a hand-in's folder: names sort by time."""
TIMESTAMP, FORMAT = "timestamp.txt", "%Y-%m-%d %H:%M:%S.%f %Z"
"""nbgrader's file in a hand-in, and the format of its content (nbgrader's ``Exchange``)."""
IN = "in"

T = TypeVar("T")


@dataclass(frozen=True)
class HandIn:
    """A student's newest hand-in.

    Attributes:
        folder: the name of the student's folder (`folder_of`).
        at: when the student handed it in.
        times: how many of the student's hand-ins are kept.
    """

    folder: str
    at: datetime
    times: int


class HandIns:
    """The hand-ins of one lab."""

    def __init__(self, folders: Folders) -> None:
        """Use the assignments' folders.

        Args:
            folders: the assignments' folders.
        """
        self._folders = folders

    def take(self, name: str, person: str, source: DirectoryEntry) -> list[str]:
        """Store what a student hands in, with the time; keep only the last ones before.

        Args:
            name: the assignment's name.
            person: the student's name.
            source: the student's copy.

        Returns:
            What was left out, as from `copying.take_in`.

        Raises:
            OSError: as for `copying.take_in`; earlier hand-ins stay.
        """
        return self.put(name, person, lambda new: copying.take_in(source, new))

    def put(self, name: str, person: str, fill: Callable[[DirectoryEntry], T]) -> T:
        """Store what a student hands in, as `take`, but from any source.

        Args:
            name: the assignment's name.
            person: the student's name.
            fill: as for `Store.put`.

        Returns:
            The result of `fill`.

        Raises:
            OSError: an error of `fill`; earlier hand-ins stay.
        """
        with self._folders.held(name, IN, folder_of(person), make=True) as held:
            for left in names_in(held):
                if left.startswith(NEW):  # left by a killed server
                    copying.drop(DirectoryEntry(held, left))
            found = fill(new := folders.new(held))
            now = datetime.now(UTC)
            try:
                stamp(new, now)
                moment = now.strftime(MOMENT)
                os.rename(new.name, moment, src_dir_fd=held, dst_dir_fd=held)
                flush(held)
            except BaseException:
                copying.drop(new)
                raise
            for old in _moments(held)[:-KEPT]:
                copying.drop(DirectoryEntry(held, old))
        return found

    def of(self, name: str) -> dict[str, HandIn]:
        """Return the hand-ins, by the names of the students' folders.

        Args:
            name: the assignment's name.
        """
        found = {}
        with contextlib.suppress(FileNotFoundError), self._folders.held(name, IN) as held:
            for folder in names_in(held):
                with self._folders.held(name, IN, folder) as theirs:
                    if moments := _moments(theirs):
                        at = datetime.strptime(moments[-1], MOMENT).replace(tzinfo=UTC)
                        found[folder] = HandIn(folder, at, len(moments))
        return found

    @contextlib.contextmanager
    def newest(self, name: str, one: HandIn) -> Iterator[DirectoryEntry]:
        """Hold the folder of a student's newest hand-in.

        Args:
            name: the assignment's name.
            one: the hand-in, from `of`.

        Raises:
            OSError: it isn't there any more.
        """
        with self._folders.held(name, IN, one.folder) as held:
            yield DirectoryEntry(held, one.at.strftime(MOMENT))


def stamp(folder: DirectoryEntry, when: datetime) -> None:
    """Write nbgrader's file with the time, and replace what a student has put in its place.

    Args:
        folder: the hand-in's folder.
        when: the time, with its time zone.

    Raises:
        OSError: it can't be written.
    """
    held = folder.open(os.O_PATH | os.O_DIRECTORY)
    try:
        place = DirectoryEntry(held, TIMESTAMP)
        with contextlib.suppress(FileNotFoundError):
            place.stat()
            copying.drop(place)
        with os.fdopen(place.open(os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o664), "w") as stream:
            stream.write(when.strftime(FORMAT))
            stream.flush()
            os.fsync(stream.fileno())
    finally:
        os.close(held)


def _moments(held: int) -> list[str]:
    return sorted(name for name in names_in(held) if not name.startswith(NEW))
