"""The tutor who asks for something, and work that the Hub does in students' own labs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from tornado import web

if TYPE_CHECKING:
    from collections.abc import Sequence

Said = dict[str, dict[str, Any]]
"""Results by students' names; a result has a sentence under ``error`` if the work failed."""
AT_ONCE = 10
"""How many students' labs one request to the Hub names, because requests have a time limit."""


class Carry(Protocol):
    """Makes the Hub do work in students' own labs."""

    async def __call__(self, do: str, name: str, students: Sequence[str], place: str = "") -> Said:
        """Do the work.

        Args:
            do: "give", "look" or "fetch" (`classroom.lab.assignments.carried`).
            name: the assignment's name.
            students: the students' names.
            place: where to put what is fetched (`Gathered.place`).

        Raises:
            HTTPError: the Hub rejects the request, or doesn't answer.
        """


@dataclass(frozen=True)
class AskingTutor:
    """A tutor who asks for something.

    Attributes:
        name: the tutor's name.
        carry: does work in students' own labs; None if students have folders in the class's files.
    """

    name: str
    carry: Carry | None = None


async def carried(
    carry: Carry, do: str, name: str, students: Sequence[str], place: str = ""
) -> Said:
    """Do work for students, some at a time; record for each why it failed.

    Args:
        carry: does the work.
        do: as for `Carry`.
        name: the assignment's name.
        students: the students' names.
        place: as for `Carry`.
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
