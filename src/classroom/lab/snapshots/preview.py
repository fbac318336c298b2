"""Make previews of files in snapshots: text of a limited length."""

from __future__ import annotations

import json
from typing import Any

from classroom.lab.files.file_process import is_heavy

LONGEST_CHARACTERS = 200_000
"""Most characters of a preview."""
MOST_BYTES = 16 << 20
"""Most bytes to read: a notebook is parsed only if it is complete, and not slow to parse."""
CUT = "\n[…]\n"


class NoTextError(ValueError):
    """The file isn't text."""


def text(data: bytes, *, whole: bool, notebook: bool) -> str:
    """Return a file's preview.

    Args:
        data: the file's first bytes.
        whole: whether those are all its bytes.
        notebook: whether it is named like a notebook.

    Raises:
        NoTextError: it isn't text.
    """
    if notebook and whole and not is_heavy(data):
        try:
            return _cut(cells(json.loads(data)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            pass  # then show the raw text
    if b"\0" in data:
        raise NoTextError
    try:
        found = data.decode()
    except UnicodeDecodeError as error:
        if whole or error.start < len(data) - 3:  # otherwise it was cut within a character
            raise NoTextError from None
        found = data[: error.start].decode()
    return _cut(found) if whole else f"{found[:LONGEST_CHARACTERS]}{CUT}"


def _cut(found: str) -> str:
    return found if len(found) <= LONGEST_CHARACTERS else f"{found[:LONGEST_CHARACTERS]}{CUT}"


def cells(notebook: dict[str, Any]) -> str:
    """Return a notebook's cells as text, without outputs.

    Args:
        notebook: a notebook of nbformat 4.

    Raises:
        KeyError, TypeError, AttributeError: it isn't a notebook.
    """
    told = []
    for cell in notebook["cells"]:
        source = cell["source"]  # a text, or its lines
        words = source if isinstance(source, str) else "".join(source)
        told.append(f"── {cell['cell_type']} ──\n{words}\n")
    return "\n".join(told)
