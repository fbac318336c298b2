"""Define the Hub's order for a copy, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from classroom.lab.assignments.names import STUDENTS, folder_of
from classroom.lab.files.directory_entry import parts_of
from classroom.runtime import lab_users
from classroom.runtime.lab_users import CLASS

if TYPE_CHECKING:
    from classroom.lab.files.directory_entry import Parts

MB = 1024**2
LARGEST_BYTES = 500 * MB
"""Most bytes of a copy."""


@dataclass(frozen=True)
class CopyOrder:
    """An order for a copy.

    Attributes:
        source: the number of the lab that has the original.
        path: the original's path in that lab, as pages have it.
        maker: the name of the person who made the link.
        is_guest: whether the maker is in that lab as a guest, whom it may have removed.
        target: the number of the lab that receives the copy.
        person: the name of the person who gets it.
        is_tutor: whether that person is a tutor.
        reserve: bytes of the disk to keep free.
    """

    source: int
    path: str
    maker: str
    is_guest: bool
    target: int
    person: str
    is_tutor: bool
    reserve: int = 0

    @property
    def parts(self) -> Parts:
        """The original's path in its lab, name by name."""
        return parts_of(self.path)

    @property
    def name(self) -> str:
        """The original's name, as pages have it."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> Parts:
        """The folder for the copy; a personal lab has it at the top."""
        return (STUDENTS, folder_of(self.person)) if self.target == CLASS else ()


def read(order: dict[str, Any], reserve: int) -> CopyOrder:
    """Parse an order of the Hub.

    Args:
        order: the fields of a `CopyOrder` except ``reserve``.
        reserve: bytes of the disk to keep free.

    Raises:
        ValueError: no lab has such a number, or no file such a path.
    """
    found = CopyOrder(
        int(order["source"]),
        str(order["path"]),
        str(order["maker"]),
        bool(order["is_guest"]),
        int(order["target"]),
        str(order["person"]),
        bool(order["is_tutor"]),
        reserve,
    )
    for lab in (found.source, found.target):
        if lab != CLASS and not lab_users.is_number(lab):
            raise ValueError(f"no lab has the number {lab}")
    if not found.parts or any(part.startswith(".") for part in found.parts):
        raise ValueError("no copy is made of that")
    return found
