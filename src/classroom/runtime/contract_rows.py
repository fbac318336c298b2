"""The names of upstream's that we rely on: the rows of the tables that people read too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

MUST = re.compile(r"(attribute|class|function|coroutine)(?:\((.*)\))?")


class Shape(Enum):
    """What a name must be; the value completes "is no longer"."""

    ATTRIBUTE = "there"
    CLASS = "a class"
    FUNCTION = "a function that isn't awaited"
    COROUTINE = "a coroutine function"


@dataclass(frozen=True, slots=True)
class ContractRow:
    """One name of upstream's that we rely on.

    Attributes:
        name: ``module:Class.attribute``. An attribute that only instances have counts as there when
            any method of the class names it.
        used_in: our modules that use, override or patch it, from ``classroom/`` on.
        why: what for, without a full stop.
        shape: what it must be.
        takes: its parameters' names, with ``*`` or ``**`` before those that collect; None for any.
        uses: names that its own code must go on using, for our part to have an effect.
        public: upstream's issue or pull request that would make it public, if we know one.
    """

    name: str
    used_in: tuple[str, ...]
    why: str
    shape: Shape = Shape.ATTRIBUTE
    takes: tuple[str, ...] | None = None
    uses: tuple[str, ...] = ()
    public: str = ""

    @property
    def module(self) -> str:
        """The module that it is in."""
        return self.name.partition(":")[0]


def rows(text: str, *, leave_out: Collection[str] = ()) -> tuple[ContractRow, ...]:
    """Read a table's rows from its Markdown, which people read too.

    Args:
        text: sections with a table each: name, what it must be, what that goes on using, where we
            rely on it, what for, and the issue.
        leave_out: headings of sections whose rows aren't wanted.

    Raises:
        ValueError: a row isn't written as the others are.
    """
    found, heading = [], ""
    for line in text.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("| `") and heading not in leave_out:
            found.append(_row(line))
    return tuple(found)


def _row(line: str) -> ContractRow:
    name, must, uses, used_in, why, public = (cell.strip() for cell in line.strip("|").split("|"))
    call = MUST.fullmatch(must.strip("`"))
    if call is None or ":" not in name:
        raise ValueError(f"this row can't be read: {line}")
    takes = None if call[2] is None else tuple(re.findall(r"[*\w]+", call[2]))
    words = [tuple(re.findall(r"`([^`]+)`", cell)) for cell in (uses, used_in)]
    return ContractRow(
        name.strip("`"), words[1], why, Shape[call[1].upper()], takes, words[0], public
    )
