"""Decide what becomes of an open document when a program has changed its file.

Every word that people typed is in the document afterwards, or in one copy beside the file.
"""

from __future__ import annotations

import re
from enum import Flag, auto
from typing import TYPE_CHECKING, Any, NamedTuple

from classroom.lab.merging import notebooks, three_way

if TYPE_CHECKING:
    from collections.abc import Iterator

Content = Any
"""A document's content: a text, or a notebook as nbformat has it (version 4)."""
LARGEST = 2_000_000
"""Characters of a document up to which it is merged; a larger one becomes what its file is."""


class Keep(Flag):
    """Which versions are to be kept in copies beside the file."""

    NONE = 0
    OURS = auto()
    """The document, as people typed it."""
    THEIRS = auto()
    """The file, as the program wrote it."""


class Outcome(NamedTuple):
    """What becomes of a document.

    Attributes:
        content: what it says from now on.
        keep: what is kept beside its file.
    """

    content: Content
    keep: Keep


def decide(opened: Content, base: Content, ours: Content, theirs: Content) -> Outcome:
    """Decide what an open document says after a program has changed its file.

    A program may have read the file some time before it wrote it, and know nothing of what people
    typed meanwhile; so its changes are merged into the document. But somebody who puts an earlier
    version back, as git does, means it: that version is taken over as it is.

    Args:
        opened: what the document said when it was opened, or when it was last kept in a copy: what
            it had by then isn't looked for.
        base: what it said some minutes ago: a program that writes now has read it since, or means
            to change it.
        ours: what the document says.
        theirs: what the file says now.

    Returns:
        The new content, and which version to keep. Pure, and slow for long documents: for a thread.
    """
    content, keep = theirs, Keep.NONE
    if ours not in (base, theirs) and theirs not in (opened, base) and _can_be_merged(ours, theirs):
        merge = three_way.text if isinstance(ours, str) else notebooks.merge
        content, conflicts = merge(base, ours, theirs)
        keep = Keep.THEIRS if conflicts else Keep.NONE
    if is_missing(opened, ours, content):
        keep |= Keep.OURS
    return Outcome(content, keep)


def _can_be_merged(ours: Content, theirs: Content) -> bool:
    return isinstance(ours, str) == isinstance(theirs, str) and size(ours) + size(theirs) <= LARGEST


def is_missing(opened: Content, ours: Content, result: Content) -> bool:
    """Say whether something that people typed isn't in a document any more.

    Args:
        opened: what the document said before they typed.
        ours: what it said afterwards.
        result: what it says now.
    """
    typed = set(_lines(ours)) - set(_lines(opened))
    gone = typed - set(_lines(result))
    if not gone:
        return False
    there = {word for line in _lines(result) for word in re.findall(r"\S+", line)}
    return any(word not in there for line in gone for word in re.findall(r"\S+", line))


def _lines(content: Content) -> Iterator[str]:
    """List the lines of a text, or of a notebook's cells, without the spaces around them."""
    texts = [content] if isinstance(content, str) else map(notebooks.source, content["cells"])
    for text in texts:
        for line in text.splitlines():
            if stripped := line.strip():
                yield stripped


def size(content: Content) -> int:
    """Count the characters that people type: outputs are not compared piece by piece."""
    if isinstance(content, str):
        return len(content)
    return sum(len(notebooks.source(cell)) for cell in content["cells"])
