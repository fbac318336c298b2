"""What is shown of a file in a snapshot before it is restored: text, and only so much of it."""

from __future__ import annotations

import json
from typing import Any

from classroom.lab.files.file_process import is_heavy

LONGEST_CHARACTERS = 200_000
"""Characters of a preview."""
MOST_BYTES = 16 << 20
"""Bytes that are read for one: a notebook is only read as a whole, and if that takes no time."""
CUT = "\n[…]\n"


class NoTextError(ValueError):
    """There is nothing to show."""


def text(data: bytes, *, whole: bool, notebook: bool) -> str:
    """Word a file's content.

    Args:
        data: its first bytes.
        whole: whether those are all.
        notebook: whether its name says that it is one.

    Raises:
        NoTextError: it is no text.
    """
    if notebook and whole and not is_heavy(data):
        try:
            return _cut(cells(json.loads(data)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            pass  # then as it stands
    if b"\0" in data:
        raise NoTextError
    try:
        found = data.decode()
    except UnicodeDecodeError as error:
        if whole or error.start < len(data) - 3:  # else it was cut within a letter
            raise NoTextError from None
        found = data[: error.start].decode()
    return _cut(found) if whole else f"{found[:LONGEST_CHARACTERS]}{CUT}"


def _cut(found: str) -> str:
    return found if len(found) <= LONGEST_CHARACTERS else f"{found[:LONGEST_CHARACTERS]}{CUT}"


def cells(notebook: dict[str, Any]) -> str:
    """Word a notebook's cells, without what they printed.

    Args:
        notebook: a notebook of nbformat 4.

    Raises:
        KeyError, TypeError, AttributeError: it isn't one.
    """
    told = []
    for cell in notebook["cells"]:
        source = cell["source"]  # a text, or its lines
        words = source if isinstance(source, str) else "".join(source)
        told.append(f"── {cell['cell_type']} ──\n{words}\n")
    return "\n".join(told)
