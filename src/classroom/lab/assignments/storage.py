"""Where a lab keeps assignments: in its files, and in its store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.lab.assignments import names

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.lab.assignments.store import Store
    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import Parts


@dataclass
class AssignmentStorage:
    """The places of one lab.

    Attributes:
        root: the lab's files.
        scratch: as for `atomic_write.write`.
        store: the lab's store of assignments.
        own: whether students have their copies in labs of their own.
    """

    root: Root
    scratch: Path | None
    store: Store
    own: bool = False

    def copy_of(self, person: str, name: str) -> Parts:
        """Return the path of a student's copy.

        Args:
            person: the student's name.
            name: the assignment's name.
        """
        return names.own_copy_of(person, name) if self.own else names.copy_of(person, name)
