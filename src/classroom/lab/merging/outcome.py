"""Decide on the content of an open document after a program has changed its file.

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
"""Characters of all three versions together, up to which a document is merged. A longer document
takes over its file's content."""


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
        content: the document's new content.
        keep: the versions to keep in copies beside the file.
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
    """Decide on the content of an open document after a program has changed its file.

    A program may have read the file some time before it wrote it. Then it doesn't have what people
    typed meanwhile, so its changes are merged into the document. But when a program restores an
    earlier version, as git does, this is on purpose, and the document becomes that version.

    This is a pure function. It takes a while: run it on a thread.

    Args:
        opened: the document's content when it was opened, or when it was last kept in a copy; it
            doesn't count as typed text.
        saved: the file's content some minutes ago, and at the last save. A program that writes now
            has read one of them, or means to change what was there before.
        ours: the document's content.
        theirs: the file's content now.
        written: words in the document that programs wrote, not people.

    Returns:
        The new content, and which versions to keep.
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
    """Choose the version that the program most likely read: it shares the most with the file."""
    parts = _parts(theirs)
    return max(reversed(saved), key=lambda version: len(parts & _parts(version)))


def _parts(content: Content) -> set[Any]:
    """List the parts to compare versions by: lines, and whole cells, including empty ones."""
    found: set[Any] = set(_lines(content))
    if not isinstance(content, str):
        found |= {(cell.get("id"), notebooks.source(cell)) for cell in content["cells"]}
    return found


def replaced(
    opened: Content, ours: Content, theirs: Content, written: Collection[str] = ()
) -> Outcome:
    """Use the content of a file that replaced the old one, such as a file from a snapshot.

    Args:
        opened: see `decide`.
        ours: the document's content.
        theirs: the file's content now.
        written: see `decide`.
    """
    return Outcome(theirs, Keep.OURS if is_missing(opened, ours, theirs, written) else Keep.NONE)


def brought(known: Collection[str], ours: Content, theirs: Content, result: Content) -> set[str]:
    """List the words in a document that programs wrote, after a program has changed its file.

    Args:
        known: the words that programs wrote before.
        ours: the document's content before.
        theirs: the file's content. Words of it that the document had already count as typed.
        result: the document's content now.
    """
    return {*known, *words(theirs) - words(ours)} & words(result)


def added(copy: Content, since: Content, ours: Content) -> Content | None:
    """Add to a copy the text that people have typed since it was made.

    Args:
        copy: the copy's content: text that people typed earlier.
        since: the document's content when the copy was made, without the copy's content.
        ours: the document's content now.

    Returns:
        The copy with the typed text merged into it. If it can't be merged, the lines or cells with
        typed text are added at the end. None if one is a text and the other a notebook.
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
    """Merge versions that are of one kind and not too long; return the number of conflicts too."""
    versions = (base, ours, theirs)
    if sum(map(_size, versions)) > LARGEST_CHARACTERS:
        return None
    if all(isinstance(version, str) for version in versions):
        return three_way.text(base, ours, theirs)
    if any(isinstance(version, str) for version in versions):
        return None
    return notebooks.merge(base, ours, theirs)


def _is_another(base: Content, theirs: Content) -> bool:
    """Say whether a file was replaced by another: no line of the old content is left."""
    before = set(_lines(base))
    return len(before) >= ANOTHER_LINES and not before & set(_lines(theirs))


def is_missing(
    opened: Content, ours: Content, result: Content, written: Collection[str] = ()
) -> bool:
    """Say whether something that people typed is missing from a document.

    Args:
        opened: the document's content before they typed.
        ours: its content afterwards.
        result: its content now.
        written: words that programs wrote, not people.
    """
    typed = set(_lines(ours)) - set(_lines(opened))
    gone = typed - set(_lines(result))
    return bool(gone) and not _words(gone) <= words(result) | set(written)


def words(content: Content) -> set[str]:
    """List the words of a document, split at white space."""
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
