"""Record the owner of each lab: a permanent number, by the owner's account and not its name.

On GitHub names can change, and other people can register them again; account numbers don't change.
A lab's number is stored before it is used, and is never given to another owner, so that nobody gets
another person's files. The number of a deleted lab is retired: its owner's next lab has another.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from classroom.runtime import files, lab_users
from classroom.runtime.problems import Problem, StartRefusedError

if TYPE_CHECKING:
    from pathlib import Path


ROOMS = "rooms"
"""The authority of rooms: the tutor's file."""


class NoNumberError(Exception):
    """All numbers are used."""


@dataclass(frozen=True)
class Owner:
    """The owner of a lab, independent of names.

    Attributes:
        authority: the authority for the identity: the address of a GitHub, or another way to sign
            in; `ROOMS` for a room, which has no owner.
        account: identifies the owner there: GitHub's number, elsewhere the name.
    """

    authority: str
    account: str


@dataclass(frozen=True)
class RegisteredLab:
    """A lab that somebody has, or had.

    Attributes:
        number: its number, which never changes.
        owner: its owner.
        name: the Hub's name of the owner when the lab was last opened.
    """

    number: int
    owner: Owner
    name: str

    @property
    def room(self) -> str:
        """The room's name; "" for a personal lab."""
        return self.owner.account if self.owner.authority == ROOMS else ""


class LabRegistry:
    """All labs but the class, on the volume. For one event loop."""

    def __init__(self, file: Path) -> None:
        """Read the registry.

        Args:
            file: the file, in a folder that only root can enter.

        Raises:
            StartRefusedError: the file is damaged.
        """
        self._file = file
        self._next = 1
        self._labs: dict[Owner, RegisteredLab] = {}
        self._retired: list[RegisteredLab] = []
        if not file.exists():
            return
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
            self._next = int(found["next"])
            self._labs = {lab.owner: lab for lab in map(_read, found["labs"])}
            self._retired = [_read(one) for one in found.get("retired", ())]
        except (ValueError, KeyError, TypeError):
            cure = "restore it from a backup: it says which lab is whose"
            what = "is not readable as a list of labs"
            raise StartRefusedError([Problem(str(file), what, cure)]) from None

    def all(self) -> list[RegisteredLab]:
        """List all labs, by their numbers."""
        return sorted(self._labs.values(), key=lambda one: one.number)

    def retired(self) -> list[RegisteredLab]:
        """List the labs that were deleted, the newest first: their snapshots are kept."""
        return sorted(self._retired, key=lambda one: -one.number)

    def named(self, wanted: str) -> list[RegisteredLab]:
        """List the labs with a number or name; deleted labs only if there is no other.

        Args:
            wanted: a lab's number, its owner's name, or a room's; "" means none.
        """
        name = wanted.lower()
        known = self.all()
        if not name:
            return []
        return (
            [one for one in known if name in {str(one.number), one.name}]
            or [one for one in known if one.room == name]
            or [one for one in self._retired if name == str(one.number)]
            or [one for one in self.retired() if name in {one.name, one.room}][:1]
        )

    def find(self, owner: Owner) -> RegisteredLab | None:
        """Return an owner's lab; None if they have never had one."""
        return self._labs.get(owner)

    def called(self, name: str) -> list[RegisteredLab]:
        """List the labs whose owner had this name when the lab was last opened."""
        return [one for one in self.all() if one.name == name]

    def give(self, owner: Owner, name: str) -> RegisteredLab:
        """Return an owner's lab; make one if they have none, and record the owner's present name.

        Args:
            owner: the owner.
            name: the owner's name.

        Raises:
            NoNumberError: there is no number left.
            OSError: it can't be written; nothing has changed then.
        """
        known = self._labs.get(owner)
        if known is not None and known.name == name:
            return known
        number = self._next if known is None else known.number
        if not lab_users.is_number(number):
            raise NoNumberError
        lab = RegisteredLab(number, owner, name)
        self._keep({**self._labs, owner: lab}, self._retired, max(self._next, number + 1))
        return lab

    def retire(self, number: int) -> None:
        """Retire a lab's number, so that its owner's next lab gets another.

        Args:
            number: the lab's number.

        Raises:
            OSError: it can't be written; nothing has changed then.
        """
        gone = [lab for lab in self._labs.values() if lab.number == number]
        left = {owner: lab for owner, lab in self._labs.items() if lab not in gone}
        self._keep(left, [*self._retired, *gone], self._next)

    def _keep(
        self, labs: dict[Owner, RegisteredLab], retired: list[RegisteredLab], following: int
    ) -> None:
        kept = {
            "next": following,
            "labs": [asdict(one) for one in labs.values()],
            "retired": [asdict(one) for one in retired],
        }
        files.write_private(self._file, json.dumps(kept, indent=1).encode())
        self._next, self._labs, self._retired = following, labs, retired


def _read(found: Any) -> RegisteredLab:
    return RegisteredLab(int(found["number"]), Owner(**found["owner"]), str(found["name"]))
