"""Parse a page's message about its location in the lab."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import asdict, dataclass
from typing import Any

from classroom.lab.execution.kernel_session_paths import local_path

LONGEST_CHARACTERS = 8192
"""Most characters of a message; a path has 4096 at most."""
MOST = 10_000_000
"""Highest number of a cell or line."""
CELL = re.compile(r"[\w-]{0,64}")
"""A cell's id (nbformat 4.5), or an empty one."""
ACTS = (".jupyterlab-workspace",)
"""Suffixes of files that act when they are opened: JupyterLab applies the layout in such a file to
the person's window, and runs the commands that it names."""


@dataclass(frozen=True)
class Location:
    """A location in a document.

    Attributes:
        path: the document's path in the page, with the drive; "" if the page shows no document.
        cell: the id of the cell; "" if the document has no cells.
        index: the cell's number, from 0.
        line: the cursor's line, from 0, in a document without cells.
    """

    path: str = ""
    cell: str = ""
    index: int = 0
    line: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the location for a message to pages."""
        return asdict(self)


def read(message: str | bytes) -> Location | None:
    """Parse a page's message about its location.

    Args:
        message: the received message; a page may send anything.

    Returns:
        The location; None if the message is something else.
    """
    if not isinstance(message, str) or len(message) > LONGEST_CHARACTERS:
        return None
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("type") != "place":
        return None
    path, cell = (found.get(name, "") for name in ("path", "cell"))
    index, line = (found.get(name, 0) for name in ("index", "line"))
    is_place = (
        isinstance(path, str)
        and path.isprintable()
        and isinstance(cell, str)
        and CELL.fullmatch(cell) is not None
        and all(type(number) is int and 0 <= number <= MOST for number in (index, line))
    )
    return Location(path, cell, index, line) if is_place else None


def document(place: Location) -> str | None:
    """Return the path of the document in a page's location.

    Other people's pages open it when they jump there or follow, so it must be a plain file's path.

    Args:
        place: the location from the page.

    Returns:
        The path below the class's folder; None if no file can have it.
    """
    path = local_path(place.path)
    if path == place.path and ":" in path:
        return None  # it names another drive
    is_one = (
        path == posixpath.normpath(path)
        and not path.startswith(("/", "."))
        and "\\" not in path
        and "/." not in path
        and not path.casefold().endswith(ACTS)
    )
    return path if is_one else None
