"""Account for every word: who typed it, who saw it, and where it is in the end. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

WORD = re.compile(r"p\d\dw\d{4}")
"""A word that a person typed: nobody else types it, and it is found in any text and JSON."""
COPY = re.compile(r" \((typed until|as a program wrote it) ")
"""What the name of a copy has that the lab makes beside a file."""


@dataclass(frozen=True)
class Account:
    """Where the accepted words are.

    Attributes:
        accepted: how many words another page showed.
        kept: how many of them are in a document or its file.
        copied: how many are only in copies.
        told: how many of the copied ones are in a copy that somebody was told of.
        lost: words that are nowhere.
        untold: words that are in copies only, of which nobody was told.
        copies: paths of all copies.
        unknown: paths of those that nobody was told of, with words that are nowhere else.
    """

    accepted: int
    kept: int
    copied: int
    told: int
    lost: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        """Whether each word is where it should be, and people know of it."""
        return not self.lost and not self.untold


def words(text: str) -> set[str]:
    """Find the words that people typed in a text."""
    return set(WORD.findall(text))


def account(
    accepted: Collection[str],
    documents: Iterable[str],
    files: Mapping[str, str],
    notices: Collection[str],
) -> Account:
    """Look for each accepted word.

    Args:
        accepted: words that another page showed.
        documents: what the open documents say.
        files: what all files say, copies too, by path.
        notices: sentences that the lab told somebody.
    """
    copies = {path: words(text) for path, text in files.items() if COPY.search(path)}
    kept = set().union(*map(words, documents))
    kept = kept.union(*(words(text) for path, text in files.items() if path not in copies))
    # By its name: its folder may have been renamed since.
    known = {
        path for path in copies if any(path.rpartition("/")[2] in notice for notice in notices)
    }
    anywhere: set[str] = set().union(*copies.values())
    told: set[str] = set().union(*(copies[path] for path in known))
    only = set(accepted) - kept
    return Account(
        accepted=len(accepted),
        kept=len(set(accepted) & kept),
        copied=len(only & anywhere),
        told=len(only & told),
        lost=sorted(only - anywhere),
        untold=sorted((only & anywhere) - told),
        copies=sorted(copies),
        unknown=sorted(path for path in copies if copies[path] & only and path not in known),
    )
