"""Measure a notebook's limited quantities: bytes, cells and outputs, values. Pure."""

from __future__ import annotations

from json.encoder import encode_basestring
from typing import Any, NamedTuple

LINE_BYTES = 10
"""Bytes of a line in a notebook's file besides its text: each line is a separate string."""
LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""Characters at which nbformat splits a text into lines (`str.splitlines`)."""
DEPTH = 5
"""Depth of an output in a notebook's file, which is indented by that many spaces."""


class Weight(NamedTuple):
    """A document's limited quantities.

    Attributes:
        size: about how many bytes its file has.
        parts: the number of cells and outputs.
        values: the number of values, as `document_encoding.is_crowded` counts them.
        lists: the number of lists and objects, counted in the same way.
    """

    size: int = 0
    parts: int = 0
    values: int = 0
    lists: int = 0

    def plus(self, other: Weight) -> Weight:
        """Add another weight."""
        return Weight(*(one + more for one, more in zip(self, other, strict=True)))

    def fits(self, most: Weight) -> bool:
        """Say whether nothing exceeds a limit."""
        return all(one <= limit for one, limit in zip(self, most, strict=True))


def of_text(text: str) -> Weight:
    """Weigh a text in a notebook's file."""
    size = len(encode_basestring(text).encode(errors="replace"))
    size += LINE_BYTES * sum(map(text.count, LINE_ENDS))
    return Weight(size, 0, text.count(","), text.count("[") + text.count("{"))


def of_value(value: Any, depth: int = DEPTH) -> Weight:
    """Weigh a JSON value with everything in it.

    Args:
        value: the value, such as an output.
        depth: its depth in the file.
    """
    if isinstance(value, str):
        return of_text(value)
    if not isinstance(value, dict | list):
        return Weight(len(str(value)))
    line = depth + 3  # indentation, a comma, a line feed
    size, values, lists = line, 0, 1
    if isinstance(value, dict):
        size += sum(of_text(str(name)).size + 2 for name in value)
    for one in value.values() if isinstance(value, dict) else value:
        inner = of_value(one, depth + 1)
        size += inner.size + line
        values += inner.values + 1
        lists += inner.lists
    return Weight(size, 0, values, lists)


def of_output(output: Any) -> Weight:
    """Weigh an output.

    Args:
        output: an output of nbformat's schema.
    """
    return of_value(output)._replace(parts=1)


def of_notebook(content: Any) -> Weight:
    """Weigh a notebook's content; anything that isn't one weighs nothing.

    Args:
        content: in nbformat, or as a shared document returns it. Slow if large.
    """
    cells = content.get("cells") if isinstance(content, dict) else None
    cells = [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else []
    outputs = [cell.get("outputs") for cell in cells]
    parts = len(cells) + sum(len(some) for some in outputs if isinstance(some, list))
    return of_value(cells, 1)._replace(parts=parts)
