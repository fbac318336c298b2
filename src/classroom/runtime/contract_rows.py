"""Read the names of upstream on which we rely, from tables that people read too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

MUST = re.compile(r"(attribute|class|function|coroutine)(?:\((.*)\))?")


class Shape(Enum):
    """The kind of a name; the value completes the sentence "is no longer"."""

    ATTRIBUTE = "there"
    CLASS = "a class"
    FUNCTION = "a function that isn't awaited"
    COROUTINE = "a coroutine function"


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A name of upstream on which we rely.

    Attributes:
        name: ``module:Class.attribute``. An attribute that only instances have counts as present if
            a method of the class names it.
        used_in: our modules that use, override or patch it, as paths below ``classroom/``.
        why: the purpose, without a full stop.
        shape: its kind.
        takes: its parameters' names, with ``*`` or ``**`` before those that collect; None for any.
        uses: names that its code must use, so that our part has an effect.
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
        """Its module."""
        return self.name.partition(":")[0]


def rows(text: str, *, leave_out: Collection[str] = ()) -> tuple[ContractRow, ...]:
    """Read the rows of a table in Markdown.

    Args:
        text: sections with a table each: name, kind, used names, our modules, purpose, and issue.
        leave_out: headings of sections to leave out.

    Raises:
        ValueError: a row has another form.
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
