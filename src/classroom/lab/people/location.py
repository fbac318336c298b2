"""Where in the lab somebody is: what a page says of itself."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import asdict, dataclass
from typing import Any

from classroom.lab.execution.kernel_session_paths import local_path

LONGEST_CHARACTERS = 8192
"""Characters of a message; a path has 4096 at most."""
MOST = 10_000_000
"""Of what is counted: cells and lines."""
CELL = re.compile(r"[\w-]{0,64}")
"""A cell's id (nbformat 4.5), or none."""
ACTS = (".jupyterlab-workspace",)
"""Ends of the names of files that act when they are opened: JupyterLab takes the layout in one for
that of whoever opens it, and runs the commands that it names."""


@dataclass(frozen=True)
class Location:
    """A place in a document.

    Attributes:
        path: as the page calls it, with the drive in front; "" when no document is looked at.
        cell: the id of the cell; "" where there are none.
        index: the cell's, from 0.
        line: the cursor's, from 0; where there are no cells.
    """

    path: str = ""
    cell: str = ""
    index: int = 0
    line: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return what pages are told."""
        return asdict(self)


def read(message: str | bytes) -> Location | None:
    """Read what a page says of where it is.

    Args:
        message: as received; a page may send anything.

    Returns:
        None when it is something else.
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
    """Find which of the class's files a page says that it looks at.

    Others' pages open it when they jump there or follow: nothing but the path of a file.

    Args:
        place: as read.

    Returns:
        Below the class's files; None when it can be no file's.
    """
    path = local_path(place.path)
    if path == place.path and ":" in path:
        return None  # another drive, if there is one of that name
    is_one = (
        path == posixpath.normpath(path)
        and not path.startswith(("/", "."))
        and "\\" not in path
        and "/." not in path
        and not path.casefold().endswith(ACTS)
    )
    return path if is_one else None
