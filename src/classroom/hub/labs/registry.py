"""Which lab is whose: a number for good, by the account and not by its name.

GitHub's names are changed, and registered again by others; its numbers are not. A number is written
down before anything has it, and is never given to another owner, so that nobody ever gets what
somebody else has left. The number of a deleted lab is retired: its owner's next lab has another.
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
"""The authority of rooms: the tutor's file says which there are."""


class NoNumberError(Exception):
    """All numbers are given away."""


@dataclass(frozen=True)
class Owner:
    """Somebody, whatever they are called.

    Attributes:
        authority: who says so: the address of a GitHub, or another way to sign in; `ROOMS` for a
            room, which is nobody's.
        account: what tells them from others there: GitHub's number, elsewhere the name.
    """

    authority: str
    account: str


@dataclass(frozen=True)
class RegisteredLab:
    """A lab that somebody has, or had.

    Attributes:
        number: its own for good.
        owner: whose.
        name: what the Hub called the owner when it was opened last.
    """

    number: int
    owner: Owner
    name: str

    @property
    def room(self) -> str:
        """The room's name; "" for a lab of somebody's own."""
        return self.owner.account if self.owner.authority == ROOMS else ""


class LabRegistry:
    """All labs but the class, on the volume. One event loop's."""

    def __init__(self, file: Path) -> None:
        """Read what is known.

        Args:
            file: where it is kept, in a folder that is root's.

        Raises:
            StartRefusedError: it is damaged: what it said can't be guessed.
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
        """List the labs that somebody can mean; of deleted ones only where no other is meant.

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
        """Return somebody's lab; None if they have never had one."""
        return self._labs.get(owner)

    def called(self, name: str) -> list[RegisteredLab]:
        """List the labs whose owner was called so when they were there last."""
        return [one for one in self.all() if one.name == name]

    def give(self, owner: Owner, name: str) -> RegisteredLab:
        """Return somebody's lab; make it one if they have none, and note what they are called now.

        Args:
            owner: who.
            name: what they are called.

        Raises:
            NoNumberError: there is no number left.
            OSError: it can't be written down; nothing has changed then.
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
        """Give a lab's number to nobody any more: its owner's next lab gets another.

        Args:
            number: the lab's.

        Raises:
            OSError: it can't be written down; nothing has changed then.
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
