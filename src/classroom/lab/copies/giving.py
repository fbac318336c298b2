"""Send the file or folder of a link, as it was last saved; runs in its lab, and blocks.

The process runs as the user of that lab's server and may only read
(`classroom.supervisor.copier`). It reads only what the lab shows to people in it, and in the same
way: no link leads out.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from classroom.lab.assignments import packing
from classroom.lab.assignments.copying import CHECKPOINTS
from classroom.lab.copies.order import LARGEST_BYTES
from classroom.lab.files.beneath import Root
from classroom.lab.files.directory_entry import path_of
from classroom.lab.permissions import removed_guests
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.lab.copies.order import CopyOrder
    from classroom.runtime.paths import Paths

MOST_NAMES = 20
"""Most names in the list of what was left out."""
ENDED = gettext_noop(
    "The person who made this link may no longer enter its lab. Ask for a new one."
)


def give(order: CopyOrder, paths: Paths, pipe: IO[bytes]) -> dict[str, Any]:
    """Send the file or folder.

    Args:
        order: the Hub's order.
        paths: the paths of the lab that has the original.
        pipe: a pipe to the lab that receives the copy.

    Returns:
        The result: ``leftOut``, or a sentence under ``error``.

    Raises:
        OSError: it can't be read, or the other lab doesn't receive it.
    """
    if order.is_guest and order.maker in _removed(paths.removed_guests):
        return {"error": gettext(ENDED)}
    with Root(paths.files, (paths.files_link,)).at(order.parts) as place:
        left_out = packing.send_one(place, pipe, LARGEST_BYTES)
    names = sorted({path_of((name,)) for name in left_out if name != CHECKPOINTS})
    return {"leftOut": names[:MOST_NAMES], "moreLeftOut": max(0, len(names) - MOST_NAMES)}


def _removed(file: Path) -> frozenset[str]:
    """Read the names of the guests whom somebody has removed, as the lab's server does."""
    try:
        return removed_guests.decode(file.read_bytes())
    except (OSError, ValueError):
        return frozenset()
