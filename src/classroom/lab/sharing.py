"""Files that a student's program has made for nobody else to change: opened for the class.

Copied materials, unpacked archives and the like keep modes that shut the lab server out, and with
it whoever edits in the browser. Only their owner can change that: `student`, through the launcher.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.lab import launching
from classroom.lab.launching import NotLaunchedError
from classroom.launcher.protocol import Kind, Start

if TYPE_CHECKING:
    from collections.abc import Iterable


def shut(root: str, paths: Iterable[str]) -> list[str]:
    """List what must be opened before some files can be written, renamed or deleted.

    Args:
        root: the folder of the class's files, which is open itself.
        paths: of files and folders in it, there or not.

    Returns:
        Those, and folders that they are in, which are there and can't be changed.
    """
    found = [place for path in paths for place in (Path(path).parent, Path(path))]
    return [
        str(place)
        for place in dict.fromkeys(found)
        if Path(root) in place.parents
        and place.exists()
        and not os.access(place, os.R_OK | os.W_OK)
    ]


def share(places: list[str]) -> bool:
    """Let the group change files and folders of a student's; waits for it.

    Args:
        places: from `shut`.

    Returns:
        Whether it was done for all of them.
    """
    command = ("chmod", "g+rwX", "--", *places)
    try:
        return launching.run(Start(uuid.uuid4().hex, Kind.TASK, command, {}, "/")) == 0
    except NotLaunchedError:
        return False
