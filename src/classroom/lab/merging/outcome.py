"""Decide what an open document says after a program has changed its file.

Afterwards every word that people typed is in the document, or in one copy beside the file.
"""

from __future__ import annotations

from enum import Flag, auto
from typing import TYPE_CHECKING, Any, NamedTuple

from classroom.lab.merging import notebooks, three_way

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

Content = Any
"""A document's content: a text, or a notebook as nbformat has it (version 4)."""
LARGEST_CHARACTERS = 2_000_000
"""Characters of all three versions up to which a document is merged; a longer one becomes what its
file is."""


ANOTHER_LINES = 5
"""If none of this many lines is left, somebody has put another file in its place."""


class Keep(Flag):
    """Versions to keep in copies beside the file."""

    NONE = 0
    OURS = auto()
    """The document, as people typed it."""
    THEIRS = auto()
    """The file, as the program wrote it."""


class Outcome(NamedTuple):
    """The decision on a document.

    Attributes:
        content: what it says from now on.
        keep: what is kept beside its file.
    """

    content: Content
    keep: Keep


def decide(
    opened: Content,
    saved: Sequence[Content],
    ours: Content,
    theirs: Content,
    written: Collection[str] = (),
) -> Outcome:
    """Decide what an open document says after a program has changed its file.

    A program may have read the file some time before it wrote it, and know nothing of what people
    typed meanwhile; so its changes are merged into the document. But somebody who puts an earlier
    version back, as git does, means it: the document becomes that version.

    Args:
        opened: what the document said when it was opened, or when it was last kept in a copy: what
            it had by then isn't looked for.
        saved: what the file said some minutes ago, and last: a program that writes now has read it
            since, or means to change it.
        ours: what the document says.
        theirs: what the file says now.
        written: words in the document that programs wrote: nobody typed them.

    Returns:
        The new content, and which versions to keep. Pure, and for a thread: it takes a while.
    """
    base, content, keep = _closest(saved, theirs), theirs, Keep.NONE
    is_put_back = theirs != saved[-1] and theirs in (opened, *saved)
    merged = None if is_put_back or _is_another(base, theirs) else _merged(base, ours, theirs)
    if merged is not None:
        content, conflicts = merged
        keep = Keep.THEIRS if conflicts else Keep.NONE
    if is_missing(opened, ours, content, written):
        keep |= Keep.OURS
    return Outcome(content, keep)


def _closest(saved: Sequence[Content], theirs: Content) -> Content:
    """Choose the version that the program has most likely read: the one of which most is left."""
    parts = _parts(theirs)
    return max(reversed(saved), key=lambda version: len(parts & _parts(version)))


def _parts(content: Content) -> set[Any]:
    """List what distinguishes versions of a document: lines, and whole cells, also empty ones."""
    found: set[Any] = set(_lines(content))
    if not isinstance(content, str):
        found |= {(cell.get("id"), notebooks.source(cell)) for cell in content["cells"]}
    return found


def replaced(
    opened: Content, ours: Content, theirs: Content, written: Collection[str] = ()
) -> Outcome:
    """Use a file that somebody has put in place of the other, such as one from a snapshot.

    Args:
        opened: as of `decide`.
        ours: what the document says.
        theirs: what the file says now.
        written: as of `decide`.
    """
    return Outcome(theirs, Keep.OURS if is_missing(opened, ours, theirs, written) else Keep.NONE)


def brought(known: Collection[str], ours: Content, theirs: Content, result: Content) -> set[str]:
    """List the words in a document that programs wrote, after another one has changed its file.

    Args:
        known: the words before.
        ours: what the document said.
        theirs: what the file says: people typed what was in the document already.
        result: what the document says now.
    """
    return {*known, *words(theirs) - words(ours)} & words(result)


def added(copy: Content, since: Content, ours: Content) -> Content | None:
    """Add to a copy what people have typed since it was made; None if both are of two kinds.

    Args:
        copy: what was typed before.
        since: what the document said when the copy was made, without what is in the copy.
        ours: what it says now.

    Returns:
        The copy with what was typed merged into it. Where that can't be merged, the lines or cells
        that have it stand at the end.
    """
    if isinstance(copy, str) is not isinstance(ours, str):
        return None
    merged = _merged(since, copy, ours)
    if merged is not None and not merged[1]:
        found = merged[0]
        if not is_missing(since, ours, found) and not is_missing(since, copy, found):
            return found
    there, before = words(copy), set(_lines(since))
    if isinstance(copy, str):
        more = [line for line in _lines(ours) if line not in before and not _words([line]) <= there]
        return "\n".join([copy.rstrip("\n"), *more, ""])
    new = [cell for cell in ours["cells"] if not words(notebooks.source(cell)) <= there]
    return {**copy, "cells": [*copy["cells"], *notebooks.with_other_ids(new, copy["cells"])]}


def _merged(base: Content, ours: Content, theirs: Content) -> tuple[Content, int] | None:
    """Merge, if all are of one kind and not too long; return it, and how many conflicts it has."""
    versions = (base, ours, theirs)
    if sum(map(_size, versions)) > LARGEST_CHARACTERS:
        return None
    if all(isinstance(version, str) for version in versions):
        return three_way.text(base, ours, theirs)
    if any(isinstance(version, str) for version in versions):
        return None
    return notebooks.merge(base, ours, theirs)


def _is_another(base: Content, theirs: Content) -> bool:
    """Say whether a file has become another: of some lines, none is left."""
    before = set(_lines(base))
    return len(before) >= ANOTHER_LINES and not before & set(_lines(theirs))


def is_missing(
    opened: Content, ours: Content, result: Content, written: Collection[str] = ()
) -> bool:
    """Say whether something that people typed is missing from a document.

    Args:
        opened: what the document said before they typed.
        ours: what it said afterwards.
        result: what it says now.
        written: words that programs wrote, not people.
    """
    typed = set(_lines(ours)) - set(_lines(opened))
    gone = typed - set(_lines(result))
    return bool(gone) and not _words(gone) <= words(result) | set(written)


def words(content: Content) -> set[str]:
    """List the words of a document: what stands between spaces."""
    return _words(_lines(content))


def _words(lines: Iterable[str]) -> set[str]:
    return {word for line in lines for word in line.split()}


def _lines(content: Content) -> Iterator[str]:
    """List the lines of a text, or of a notebook's cells, without the spaces around them."""
    texts = [content] if isinstance(content, str) else map(notebooks.source, content["cells"])
    for text in texts:
        for line in text.splitlines():
            if stripped := line.strip():
                yield stripped


def _size(content: Content) -> int:
    """Count the characters that people type: outputs are not compared piece by piece."""
    if isinstance(content, str):
        return len(content)
    return sum(len(notebooks.source(cell)) for cell in content["cells"])
