"""What the lab keeps of assignments, in a folder that the lab server alone enters; blocking.

Students' programs may change all of the class's files, and their own copies of an assignment are
among them. What was handed out, and what was handed in, is kept here, where nobody forges, changes
or deletes it. A folder for each assignment:

- ``record.json``: where it came from, and who has got it when;
- ``out``: what was handed out last;
- ``in/<student>/<moment>``: what a student has handed in, with nbgrader's ``timestamp.txt``.

A lab of somebody's own has one, too, with what its owner has got. In place of ``in`` it has:

- ``ready``: what the owner hands in, for the class's to fetch;
- ``receipt.json``: what the class has got of it last.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from classroom.lab.assignments import copying
from classroom.lab.assignments.names import folder_of
from classroom.lab.files import tree
from classroom.lab.files.atomic_write import flush
from classroom.lab.files.directory_entry import DirectoryEntry
from classroom.runtime import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

KEPT = 3
"""How many of a student's hand-ins stay: the newest, which counts, and those before it."""
MOMENT = "%Y%m%dT%H%M%S.%fZ"
"""How a hand-in's folder is called: the later, the further back in the alphabet."""
TIMESTAMP, FORMAT = "timestamp.txt", "%Y-%m-%d %H:%M:%S.%f %Z"
"""nbgrader's file beside what was handed in, and what is in it (its ``Exchange``)."""
RECORD, OUT, IN, NEW = "record.json", "out", "in", ".new-"
READY, RECEIPT = "ready", "receipt.json"


T = TypeVar("T")


@dataclass(frozen=True)
class Assignment:
    """What was handed out.

    Attributes:
        name: the assignment's.
        source: path of the file or folder, below the class's files.
        by: the tutor who has handed it out last.
        at: when, in seconds since the epoch.
        given: who has got it, by name, and when last.
    """

    name: str
    source: str
    by: str
    at: float
    given: Mapping[str, float] = field(default_factory=dict)


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


class Store:
    """The assignments of one lab. In threads; who writes takes turns (`service`)."""

    def __init__(self, place: Path) -> None:
        """Make the folder, if there is none.

        Args:
            place: in a folder of the lab server's alone.

        Raises:
            OSError: it can't be made.
        """
        self._place = place
        place.mkdir(mode=0o700, exist_ok=True)

    def all(self) -> list[Assignment]:
        """List what was handed out, the latest first."""
        found = [self.find(one.name) for one in self._place.iterdir()]
        return sorted((one for one in found if one), key=lambda one: -one.at)

    def find(self, name: str) -> Assignment | None:
        """Return an assignment; None when nothing was handed out by that name.

        Args:
            name: checked by `names.wrong_assignment`, or one of a folder here.
        """
        try:
            kept: dict[str, Any] = json.loads((self._place / name / RECORD).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Assignment(**kept)

    def write(self, assignment: Assignment) -> None:
        """Keep an assignment's record.

        Raises:
            OSError: the disk is full.
        """
        text = json.dumps(asdict(assignment)).encode()
        files.write_private(self._place / assignment.name / RECORD, text)

    @contextlib.contextmanager
    def original(self, name: str) -> Iterator[DirectoryEntry]:
        """Hold the folder that was handed out.

        Args:
            name: the assignment's.

        Raises:
            OSError: there is none.
        """
        with self._folder(name) as held:
            yield DirectoryEntry(held, OUT)

    @contextlib.contextmanager
    def ready(self, name: str) -> Iterator[DirectoryEntry]:
        """Hold the folder that the owner of the lab hands in.

        Args:
            name: the assignment's.

        Raises:
            OSError: there is none.
        """
        with self._folder(name) as held:
            yield DirectoryEntry(held, READY)

    def receipt(self, name: str) -> dict[str, Any]:
        """Return what the class has got of the lab's owner; nothing when it hasn't got any.

        Args:
            name: the assignment's.
        """
        try:
            kept: dict[str, Any] = json.loads((self._place / name / RECEIPT).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return {}
        return kept

    def write_receipt(self, name: str, receipt: Mapping[str, Any]) -> None:
        """Keep what the class has got of the lab's owner.

        Raises:
            OSError: the disk is full.
        """
        files.write_private(self._place / name / RECEIPT, json.dumps(receipt).encode())

    def forget(self, name: str) -> None:
        """Remove an assignment that nobody has got."""
        held = os.open(self._place, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            copying.drop(DirectoryEntry(held, name))
        finally:
            os.close(held)

    def take_original(self, name: str, source: DirectoryEntry) -> list[str]:
        """Keep what is to be handed out, in the place of what was before.

        Args:
            name: the assignment's.
            source: the tutor's file or folder.

        Returns:
            What was left out, as of `copying.take_in`.

        Raises:
            OSError: as of `copying.take_in`.
        """
        return self.put(name, OUT, lambda new: copying.take_in(source, new))

    def put(self, name: str, what: str, fill: Callable[[DirectoryEntry], T]) -> T:
        """Keep a folder, in the place of what was before.

        Args:
            name: the assignment's.
            what: `OUT` or `READY`.
            fill: makes the folder in a place where there is nothing; leaves none if it fails.

        Returns:
            What `fill` does.

        Raises:
            OSError: of `fill`; what was before stays.
        """
        (self._place / name).mkdir(mode=0o700, exist_ok=True)
        with self._folder(name) as held:
            found = fill(new := self._new(held))
            copying.drop(DirectoryEntry(held, what))
            os.rename(new.name, what, src_dir_fd=held, dst_dir_fd=held)
        return found

    def take_hand_in(self, name: str, person: str, source: DirectoryEntry) -> list[str]:
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
        return self.put_hand_in(name, person, lambda new: copying.take_in(source, new))

    def put_hand_in(self, name: str, person: str, fill: Callable[[DirectoryEntry], T]) -> T:
        """Keep what a student hands in, as `take_hand_in`, wherever it comes from.

        Args:
            name: the assignment's.
            person: the student's name.
            fill: as of `put`.

        Returns:
            What `fill` does.

        Raises:
            OSError: of `fill`; what was handed in before stays.
        """
        with self._folder(name, IN, folder_of(person), make=True) as held:
            for left in _names(held):
                if left.startswith(NEW):  # of a server that was killed
                    copying.drop(DirectoryEntry(held, left))
            found = fill(new := self._new(held))
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

    def hand_ins(self, name: str) -> dict[str, HandIn]:
        """Return what was handed in, by the students' folders.

        Args:
            name: the assignment's.
        """
        found = {}
        with contextlib.suppress(FileNotFoundError), self._folder(name, IN) as held:
            for folder in _names(held):
                with self._folder(name, IN, folder) as theirs:
                    if moments := _moments(theirs):
                        at = datetime.strptime(moments[-1], MOMENT).replace(tzinfo=UTC)
                        found[folder] = HandIn(folder, at, len(moments))
        return found

    @contextlib.contextmanager
    def hand_in(self, name: str, one: HandIn) -> Iterator[DirectoryEntry]:
        """Hold the folder of the newest that somebody has handed in.

        Args:
            name: the assignment's.
            one: from `hand_ins`.

        Raises:
            OSError: it isn't there any more.
        """
        with self._folder(name, IN, one.folder) as held:
            yield DirectoryEntry(held, one.at.strftime(MOMENT))

    @contextlib.contextmanager
    def spare(self, name: str) -> Iterator[DirectoryEntry]:
        """Give a place for a copy that nobody keeps.

        Args:
            name: the assignment's.
        """
        with self._folder(name) as held:
            place = self._new(held)
            try:
                yield place
            finally:
                copying.drop(place)

    @contextlib.contextmanager
    def gathering(self, name: str) -> Iterator[str]:
        """Make a folder for copies that nobody keeps, which come from labs of people's own.

        Args:
            name: the assignment's.

        Yields:
            What `gathered` and `put_gathered` know it by.
        """
        with self._folder(name) as held:
            place = self._new(held)
            os.mkdir(place.name, 0o700, dir_fd=held)
            try:
                yield place.name.removeprefix(NEW)
            finally:
                copying.drop(place)

    @contextlib.contextmanager
    def gathered(self, name: str, place: str, person: str) -> Iterator[DirectoryEntry]:
        """Hold the place of somebody's copy, which needn't be there.

        Args:
            name: the assignment's.
            place: from `gathering`.
            person: the student's name.

        Raises:
            OSError: nothing is gathered there any more.
        """
        with self._folder(name, f"{NEW}{place}") as held:
            yield DirectoryEntry(held, folder_of(person))

    @contextlib.contextmanager
    def _folder(self, *names: str, make: bool = False) -> Iterator[int]:
        where = self._place.joinpath(*names)
        if make:
            where.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = os.open(where, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            yield held
        finally:
            os.close(held)

    def _new(self, held: int) -> DirectoryEntry:
        return DirectoryEntry(held, f"{NEW}{secrets.token_hex(8)}")


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


def _names(held: int) -> list[str]:
    return [one.name for one in tree.entries(DirectoryEntry(held, "."), 0)]


def _moments(held: int) -> list[str]:
    return sorted(name for name in _names(held) if not name.startswith(NEW))
