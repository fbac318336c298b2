"""Sentences for people in the lab, which their pages show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.lab.connections import OPEN, name_of

if TYPE_CHECKING:
    from collections.abc import Collection


def tell(names: Collection[str], sentence: str) -> int:
    """Show a sentence to some people, on each of their pages.

    Args:
        names: theirs.
        sentence: plain text.

    Returns:
        How many pages were told.
    """
    told = 0
    for handler in OPEN.open():
        say = getattr(handler, "say", None)
        if say is not None and name_of(handler) in names:
            say({"type": "notice", "text": sentence})
            told += 1
    return told
