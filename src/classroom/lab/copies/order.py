"""What the Hub orders when somebody gets a copy: plain values."""

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
"""Bytes of a copy."""


@dataclass(frozen=True)
class CopyOrder:
    """A copy that somebody gets.

    Attributes:
        source: the number of the lab that it is made in.
        path: there, as pages have it.
        maker: the name of the person who made the link.
        is_guest: whether the maker is in that lab as a guest, whom it may have removed.
        target: the number of the lab that gets it.
        person: the name of the person who gets it.
        is_tutor: whether they are a tutor.
        reserve: bytes of the disk that stay free.
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
        """Its path in the lab that it is made in."""
        return parts_of(self.path)

    @property
    def name(self) -> str:
        """What it is called, as pages have it."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> Parts:
        """Where it comes to: a lab of one's own has it at the top."""
        return (STUDENTS, folder_of(self.person)) if self.target == CLASS else ()


def read(order: dict[str, Any], reserve: int) -> CopyOrder:
    """Read an order of the Hub's.

    Args:
        order: the fields of a `CopyOrder` but for ``reserve``.
        reserve: bytes of the disk that stay free.

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
