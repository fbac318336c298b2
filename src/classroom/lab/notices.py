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
    pages = [page for page in OPEN.pages() if name_of(page) in names]
    for page in pages:
        page.say({"type": "notice", "text": sentence})
    return len(pages)
