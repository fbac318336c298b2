"""Merge two versions of a sequence or a text with a common origin: diff3, and finer within a line.

The algorithm is from Khanna, Kunal and Pierce, “A Formal Investigation of Diff3” (2007): parts that
neither version changed align the versions. One version or both changed each part between them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from classroom.lab.merging.sequence_diff import common

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WORDS = re.compile(r"\w+|\s+|.", re.DOTALL)
FINEST_CHARACTERS = 4_000
"""Up to this length, a piece that both have changed is merged word by word."""


class Piece(NamedTuple):
    """The same place in the three versions.

    Attributes:
        base: the piece in the common origin.
        ours: the piece in the first version.
        theirs: the piece in the second version.
    """

    base: list[Any]
    ours: list[Any]
    theirs: list[Any]

    @property
    def chosen(self) -> list[Any] | None:
        """The piece in the merged version; None if both versions changed it differently."""
        base, ours, theirs = self
        if ours in (base, theirs):
            return theirs
        if theirs == base:
            return ours
        # One of them only added before or after what the other changed.
        for changed, grown in ((ours, theirs), (theirs, ours)):
            if grown[: len(base)] == base:
                return changed + grown[len(base) :]
            if grown[len(grown) - len(base) :] == base:
                return grown[: len(grown) - len(base)] + changed
        return None


class MergedText(NamedTuple):
    """A merged text.

    Attributes:
        text: the merged text, with the additions of both versions.
        conflicts: how many pieces both changed differently; `text` has our version of them.
    """

    text: str
    conflicts: int


def pieces(base: Sequence[Any], ours: Sequence[Any], theirs: Sequence[Any]) -> Iterator[Piece]:
    """Cut three versions into pieces: by turns equal in all three, and not.

    Args:
        base: the common origin; its items are hashable.
        ours: the first version.
        theirs: the second version.
    """
    mine, yours = _places(base, ours), _places(base, theirs)
    at = one = two = 0
    stable: list[Any] = []
    for index, item in enumerate(base):
        if index not in mine or index not in yours:
            continue
        here, there = mine[index], yours[index]
        if (index, here, there) != (at, one, two):
            if stable:
                yield Piece(stable, stable, stable)
                stable = []
            yield Piece(list(base[at:index]), list(ours[one:here]), list(theirs[two:there]))
        stable.append(item)
        at, one, two = index + 1, here + 1, there + 1
    if stable:
        yield Piece(stable, stable, stable)
    if at < len(base) or one < len(ours) or two < len(theirs):
        yield Piece(list(base[at:]), list(ours[one:]), list(theirs[two:]))


def _places(base: Sequence[Any], version: Sequence[Any]) -> dict[int, int]:
    """Map the base's items that a version still has to their positions in it."""
    return {
        block.a + step: block.b + step
        for block in common(base, version)
        for step in range(block.size)
    }


def text(base: str, ours: str, theirs: str) -> MergedText:
    """Merge two versions of a text, line by line, and word by word where both changed a line.

    Args:
        base: the text that both began with.
        ours: the version that is kept where both changed the same words.
        theirs: the other version.

    Returns:
        The merged text. If there are no conflicts, it has everything that either version added, and
        everything that neither removed.
    """
    if ours in {base, theirs}:
        return MergedText(theirs, 0)
    if theirs == base:
        return MergedText(ours, 0)
    found: list[str] = []
    conflicts = 0
    for piece in pieces(*(version.splitlines(keepends=True) for version in (base, ours, theirs))):
        if (chosen := piece.chosen) is not None:
            found += chosen
            continue
        merged = _by_words(*("".join(version) for version in piece))
        found.append(merged.text)
        conflicts += merged.conflicts
    return MergedText("".join(found), conflicts)


def _by_words(base: str, ours: str, theirs: str) -> MergedText:
    if max(len(base), len(ours), len(theirs)) > FINEST_CHARACTERS:
        return MergedText(ours, 1)
    found: list[str] = []
    for piece in pieces(*(WORDS.findall(version) for version in (base, ours, theirs))):
        if (chosen := piece.chosen) is None:
            return MergedText(ours, 1)
        found += chosen
    return MergedText("".join(found), 0)
