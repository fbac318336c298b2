"""Compare two contents of a document by what people typed and ran."""

from __future__ import annotations

from typing import Any

SEEN = ("cell_type", "source", "outputs", "attachments")
"""Keys of a cell that people type or run; ids, trust and counts change without that."""


def seen(content: Any) -> Any:
    """Reduce a document's content to what people typed and ran.

    Args:
        content: a notebook (nbformat), or a text.
    """
    if not isinstance(content, dict):
        return content
    cells = content.get("cells") or []
    return [{name: joined(cell.get(name) or "") for name in SEEN} for cell in cells]


def joined(value: Any) -> Any:
    """Return a text as one string: nbformat may keep it as a list of lines."""
    if isinstance(value, list) and value and all(isinstance(line, str) for line in value):
        return "".join(value)
    return value or ""


def are_same(one: Any, other: Any) -> bool:
    """Say whether two contents of a document have the same words and outputs.

    Args:
        one: a notebook (nbformat), or a text.
        other: another one.
    """
    return bool(seen(one) == seen(other))
