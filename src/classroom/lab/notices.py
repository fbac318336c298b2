"""Sentences for people in the lab, which their pages show."""

from __future__ import annotations

import json
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


def closing(sentence: str) -> str:
    """Word a close frame as jupyter-collaboration's provider reads it, which shows the sentence.

    Args:
        sentence: plain text.

    Raises:
        ValueError: it is too long.
    """
    found = json.dumps({"reloadable": True, "errorReason": sentence}, separators=(",", ":"))
    if len(found.encode()) > 123:  # noqa: PLR2004 (RFC 6455, 5.5)
        raise ValueError("a close frame has no room for that")
    return found
