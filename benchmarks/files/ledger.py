"""Account for every word: who typed it, who saw it, and where it is at the end; without I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

WORD = re.compile(r"p\d\dw\d{4}")
"""A word of a person: nobody else types it, and a search finds it in any text and JSON."""
COPY = re.compile(r" \((typed until|as a program wrote it) ")
"""The part of a name that only the lab's copies beside a file have."""


@dataclass(frozen=True)
class Account:
    """The places of the accepted words.

    Attributes:
        accepted: the number of words that another page has shown.
        kept: the number of them that are in a document or its file.
        copied: the number of them that are only in copies.
        told: the number of copied words in a copy that a notice named.
        lost: words that are nowhere.
        untold: words that are only in copies without a notice.
        copies: paths of all copies.
        unknown: paths of copies without a notice that contain words which are nowhere else.
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
        """Whether no word is lost, and people know of all copies."""
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
    """Search for each accepted word.

    Args:
        accepted: words that another page has shown.
        documents: the texts of the open documents.
        files: the texts of all files and copies, by path.
        notices: the lab's notices to people.
    """
    copies = {path: words(text) for path, text in files.items() if COPY.search(path)}
    kept = set().union(*map(words, documents))
    kept = kept.union(*(words(text) for path, text in files.items() if path not in copies))
    # Search for its name only: its folder may have been renamed.
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
