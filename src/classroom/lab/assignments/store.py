"""Store assignments in a folder that only the lab server can enter; blocking.

Students' programs may change all of the class's files, including their own copies of an assignment.
So the store keeps what was handed out and what was handed in, where students can't forge, change or
delete it. Each assignment has a folder:

- ``record.json``: its source, and who got it when;
- ``out``: what was handed out last;
- ``in/<student>/<moment>``: a student's hand-in, with nbgrader's ``timestamp.txt``.

A personal lab has a store, too, with what its owner got. Instead of ``in`` it has:

- ``ready``: what the owner hands in, for the class to fetch;
- ``receipt.json``: the class's receipt for the last one.
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
    """An assignment's record.

    Attributes:
        name: the assignment's name.
        source: path of the file or folder, below the class's files.
        by: the name of the tutor who handed it out last.
        at: when that was, in seconds since the epoch.
        given: by student's name, when the student got it last, in seconds since the epoch.
    """

    name: str
    source: str
    by: str
    at: float
    given: Mapping[str, float] = field(default_factory=dict)


class Store:
    """The assignments of one lab. For use in threads; writers take turns (`handing_out`)."""

    def __init__(self, place: Path) -> None:
        """Create the folder, if it is missing.

        Args:
            place: a path in a folder that only the lab server can enter.

        Raises:
            OSError: it can't be created.
        """
        place.mkdir(mode=0o700, exist_ok=True)
        self._folders = Folders(place)
        self.hand_ins = HandIns(self._folders)
        """The hand-ins."""
        self.gathered = Gathered(self._folders)
        """Temporary copies of students who have handed in nothing, while they are collected."""

    def all(self) -> list[Assignment]:
        """List what was handed out, the latest first."""
        found = [self.find(one.name) for one in self._folders.place.iterdir()]
        return sorted((one for one in found if one), key=lambda one: -one.at)

    def find(self, name: str) -> Assignment | None:
        """Return an assignment; None if nothing was handed out by that name.

        Args:
            name: the name, which `names.wrong_assignment` has accepted, or a folder's name here.
        """
        try:
            kept: dict[str, Any] = json.loads((self._folders.place / name / RECORD).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Assignment(**kept)

    def write(self, assignment: Assignment) -> None:
        """Save an assignment's record.

        Raises:
            OSError: the disk is full.
        """
        text = json.dumps(asdict(assignment)).encode()
        files.write_private(self._folders.place / assignment.name / RECORD, text)

    @contextlib.contextmanager
    def original(self, name: str) -> Iterator[DirectoryEntry]:
        """Hold the folder that was handed out.

        Args:
            name: the assignment's name.

        Raises:
            OSError: there is no such assignment.
        """
        with self._folders.held(name) as held:
            yield DirectoryEntry(held, OUT)

    @contextlib.contextmanager
    def ready(self, name: str) -> Iterator[DirectoryEntry]:
        """Hold the folder that the lab's owner hands in.

        Args:
            name: the assignment's name.

        Raises:
            OSError: there is no such assignment.
        """
        with self._folders.held(name) as held:
            yield DirectoryEntry(held, READY)

    def receipt(self, name: str) -> dict[str, Any]:
        """Return the class's receipt for the owner's last hand-in; empty if there is none.

        Args:
            name: the assignment's name.
        """
        try:
            kept: dict[str, Any] = json.loads((self._folders.place / name / RECEIPT).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return {}
        return kept

    def write_receipt(self, name: str, receipt: Mapping[str, Any]) -> None:
        """Save the class's receipt for the owner's hand-in.

        Raises:
            OSError: the disk is full.
        """
        files.write_private(self._folders.place / name / RECEIPT, json.dumps(receipt).encode())

    def forget(self, name: str) -> None:
        """Remove an assignment that nobody got."""
        held = os.open(self._folders.place, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            copying.drop(DirectoryEntry(held, name))
        finally:
            os.close(held)

    def take_original(self, name: str, source: DirectoryEntry) -> list[str]:
        """Store what will be handed out, and replace what was stored before.

        Args:
            name: the assignment's name.
            source: the tutor's file or folder.

        Returns:
            What was left out, as from `copying.take_in`.

        Raises:
            OSError: as for `copying.take_in`.
        """
        return self.put(name, OUT, lambda new: copying.take_in(source, new))

    def put(self, name: str, what: str, fill: Callable[[DirectoryEntry], T]) -> T:
        """Store a folder, and replace what was stored before.

        Args:
            name: the assignment's name.
            what: `OUT` or `READY`.
            fill: creates the folder at a free place; leaves nothing if it fails.

        Returns:
            The result of `fill`.

        Raises:
            OSError: an error of `fill`; what was stored before stays.
        """
        (self._folders.place / name).mkdir(mode=0o700, exist_ok=True)
        with self._folders.held(name) as held:
            found = fill(new := folders.new(held))
            copying.drop(DirectoryEntry(held, what))
            os.rename(new.name, what, src_dir_fd=held, dst_dir_fd=held)
        return found
