"""Fit a reason into a WebSocket's close frame; a longer one raises, and leaves a spinner."""

from __future__ import annotations

import json

LONGEST_BYTES = 123
"""Most bytes of a reason (RFC 6455, 5.5: 125 with the code before it)."""
LEFT_OUT = "…"


def fitted(reason: str | None) -> str | None:
    """Shorten a reason until it fits; keep a JSON object readable for the page.

    Args:
        reason: any text; None for none.
    """
    if reason is None or _fits(reason):
        return reason
    try:
        found = json.loads(reason)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return _cut(reason, LONGEST_BYTES)
    texts = [name for name, value in found.items() if isinstance(value, str)]
    while texts and not _fits(json.dumps(found, ensure_ascii=False)):
        longest = max(texts, key=lambda name: len(found[name].encode(errors="replace")))
        size = len(found[longest].encode(errors="replace"))
        if size <= len(LEFT_OUT.encode()):
            break
        # Each round removes at least a byte besides the mark, so that the loop ends.
        found[longest] = _cut(found[longest], size - len(LEFT_OUT.encode()) - 1)
    shortened = json.dumps(found, ensure_ascii=False)
    return shortened if _fits(shortened) else _cut(reason, LONGEST_BYTES)


def _fits(text: str) -> bool:
    return len(text.encode(errors="replace")) <= LONGEST_BYTES


def _cut(text: str, most: int) -> str:
    """Return the beginning of a text, in whole characters, with a mark that text is missing."""
    mark = LEFT_OUT.encode()
    whole = text.encode(errors="replace")[: max(0, most - len(mark))]
    return whole.decode(errors="ignore") + LEFT_OUT
