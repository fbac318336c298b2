"""What was handed in, of each student the last few times, with nbgrader's time; blocking."""

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
"""How many of a student's hand-ins stay: the newest, which counts, and those before it."""
MOMENT = "%Y%m%dT%H%M%S.%fZ"
"""How a hand-in's folder is called: the later, the further back in the alphabet."""
TIMESTAMP, FORMAT = "timestamp.txt", "%Y-%m-%d %H:%M:%S.%f %Z"
"""nbgrader's file beside what was handed in, and what is in it (its ``Exchange``)."""
IN = "in"

T = TypeVar("T")


@dataclass(frozen=True)
class HandIn:
    """What somebody has handed in.

    Attributes:
        folder: the student's, as `folder_of` names it.
        at: when.
        times: how many are kept.
    """

    folder: str
    at: datetime
    times: int


class HandIns:
    """Those of one lab."""

    def __init__(self, folders: Folders) -> None:
        """Know where they are.

        Args:
            folders: the assignments'.
        """
        self._folders = folders

    def take(self, name: str, person: str, source: DirectoryEntry) -> list[str]:
        """Keep what a student hands in, with the time; of those before only the last stay.

        Args:
            name: the assignment's.
            person: the student's name.
            source: the student's copy.

        Returns:
            What was left out, as of `copying.take_in`.

        Raises:
            OSError: as of `copying.take_in`; what was handed in before stays.
        """
        return self.put(name, person, lambda new: copying.take_in(source, new))

    def put(self, name: str, person: str, fill: Callable[[DirectoryEntry], T]) -> T:
        """Keep what a student hands in, as `take`, wherever it comes from.

        Args:
            name: the assignment's.
            person: the student's name.
            fill: as of `Store.put`.

        Returns:
            What `fill` does.

        Raises:
            OSError: of `fill`; what was handed in before stays.
        """
        with self._folders.held(name, IN, folder_of(person), make=True) as held:
            for left in names_in(held):
                if left.startswith(NEW):  # of a server that was killed
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
        """Return what was handed in, by the students' folders.

        Args:
            name: the assignment's.
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
        """Hold the folder of the newest that somebody has handed in.

        Args:
            name: the assignment's.
            one: from `of`.

        Raises:
            OSError: it isn't there any more.
        """
        with self._folders.held(name, IN, one.folder) as held:
            yield DirectoryEntry(held, one.at.strftime(MOMENT))


def stamp(folder: DirectoryEntry, when: datetime) -> None:
    """Write nbgrader's file with the time; what a student has put there in its place goes.

    Args:
        folder: what was handed in.
        when: with its zone.

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
