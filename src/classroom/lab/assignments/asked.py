"""Who has asked for something, and how it is done in students' own labs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from tornado import web

if TYPE_CHECKING:
    from collections.abc import Sequence

Said = dict[str, dict[str, Any]]
"""What came of something, by students' names; a sentence under ``error`` where it isn't done."""
AT_ONCE = 10
"""Students' labs that the Hub is asked about at a time: a request has an end."""


class Carry(Protocol):
    """Has something done in students' own labs, by the Hub."""

    async def __call__(self, do: str, name: str, students: Sequence[str], place: str = "") -> Said:
        """Do it.

        Args:
            do: "give", "look" or "fetch" (`classroom.lab.assignments.carried`).
            name: the assignment's.
            students: names.
            place: the place of what is fetched.

        Raises:
            HTTPError: the Hub says no, or doesn't answer.
        """


@dataclass(frozen=True)
class AskingTutor:
    """A tutor who asks for something.

    Attributes:
        name: the tutor's.
        carry: does it in students' own labs; None where they have folders in the class's files.
    """

    name: str
    carry: Carry | None = None


async def carried(
    carry: Carry, do: str, name: str, students: Sequence[str], place: str = ""
) -> Said:
    """Have something done for students, some at a time, and keep for each why it isn't.

    Args:
        carry: does it.
        do: as of `Carry`.
        name: the assignment's.
        students: names.
        place: as of `Carry`.
    """
    found: Said = {}
    for begin in range(0, len(students), AT_ONCE):
        some = students[begin : begin + AT_ONCE]
        try:
            said = await carry(do, name, some, place)
        except web.HTTPError as error:
            said = {one: {"error": str(error.log_message)} for one in some}
        unknown = {"has": "other", "changed": None}
        found |= {one: {**unknown, **said.get(one, {})} for one in some}
    return found
