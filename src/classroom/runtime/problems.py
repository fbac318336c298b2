"""Describe errors in the tutor's input in sentences."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

EX_CONFIG = 78
"""Exit code of a start that was refused for its configuration (sysexits.h)."""


@dataclass(frozen=True)
class Problem:
    """An error to correct: its place, what is wrong, how to correct it."""

    where: str
    what: str
    cure: str

    def __str__(self) -> str:
        """Return it as one sentence."""
        end = "" if self.cure.endswith("?") else "."
        return f"{self.where}: {self.what}: {self.cure}{end}"


class StartRefusedError(Exception):
    """The start is refused; each problem is one sentence for the person who runs the lab."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest a correction of a misspelt name: the most similar known name, if there is one.

    Args:
        name: the name as written.
        known: the names that exist.
    """
    folded = {candidate.lower(): candidate for candidate in known}
    near = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    return f"did you mean {folded[near[0]]}?" if near else ""
