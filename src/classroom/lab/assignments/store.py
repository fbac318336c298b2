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
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from classroom.lab.assignments import copying, folders
from classroom.lab.assignments.folders import Folders
from classroom.lab.assignments.gathered import Gathered
from classroom.lab.assignments.hand_ins import HandIns
from classroom.lab.files.directory_entry import DirectoryEntry
from classroom.runtime import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

RECORD, OUT = "record.json", "out"
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


class Store:
    """The assignments of one lab. In threads; who writes takes turns (`handing_out`)."""

    def __init__(self, place: Path) -> None:
        """Make the folder, if there is none.

        Args:
            place: a path in a folder that only the lab server can enter.

        Raises:
            OSError: it can't be made.
        """
        place.mkdir(mode=0o700, exist_ok=True)
        self._folders = Folders(place)
        self.hand_ins = HandIns(self._folders)
        """What was handed in."""
        self.gathered = Gathered(self._folders)
        """What is collected of those who have handed in nothing."""

    def all(self) -> list[Assignment]:
        """List what was handed out, the latest first."""
        found = [self.find(one.name) for one in self._folders.place.iterdir()]
        return sorted((one for one in found if one), key=lambda one: -one.at)

    def find(self, name: str) -> Assignment | None:
        """Return an assignment; None when nothing was handed out by that name.

        Args:
            name: checked by `names.wrong_assignment`, or one of a folder here.
        """
        try:
            kept: dict[str, Any] = json.loads((self._folders.place / name / RECORD).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Assignment(**kept)

    def write(self, assignment: Assignment) -> None:
        """Keep an assignment's record.

        Raises:
            OSError: the disk is full.
        """
        text = json.dumps(asdict(assignment)).encode()
        files.write_private(self._folders.place / assignment.name / RECORD, text)

    @contextlib.contextmanager
    def original(self, name: str) -> Iterator[DirectoryEntry]:
        """Hold the folder that was handed out.

        Args:
            name: the assignment's.

        Raises:
            OSError: there is none.
        """
        with self._folders.held(name) as held:
            yield DirectoryEntry(held, OUT)

    @contextlib.contextmanager
    def ready(self, name: str) -> Iterator[DirectoryEntry]:
        """Hold the folder that the owner of the lab hands in.

        Args:
            name: the assignment's.

        Raises:
            OSError: there is none.
        """
        with self._folders.held(name) as held:
            yield DirectoryEntry(held, READY)

    def receipt(self, name: str) -> dict[str, Any]:
        """Return what the class has got of the lab's owner; nothing when it hasn't got any.

        Args:
            name: the assignment's.
        """
        try:
            kept: dict[str, Any] = json.loads((self._folders.place / name / RECEIPT).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return {}
        return kept

    def write_receipt(self, name: str, receipt: Mapping[str, Any]) -> None:
        """Keep what the class has got of the lab's owner.

        Raises:
            OSError: the disk is full.
        """
        files.write_private(self._folders.place / name / RECEIPT, json.dumps(receipt).encode())

    def forget(self, name: str) -> None:
        """Remove an assignment that nobody has got."""
        held = os.open(self._folders.place, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
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
        (self._folders.place / name).mkdir(mode=0o700, exist_ok=True)
        with self._folders.held(name) as held:
            found = fill(new := folders.new(held))
            copying.drop(DirectoryEntry(held, what))
            os.rename(new.name, what, src_dir_fd=held, dst_dir_fd=held)
        return found
