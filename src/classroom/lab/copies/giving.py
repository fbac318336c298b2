"""Send what a link is for, as it was last saved: in the lab that it is in; blocking.

The process is of that lab's server's user, and may only look (`classroom.supervisor.copier`). It
reads what the lab shows to people in it, and by the same way: no link leads out.
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
"""Names that are told of what was left out."""
ENDED = gettext_noop(
    "Whoever made this link may no longer enter the lab that it is of. Ask for a new one."
)


def give(order: CopyOrder, paths: Paths, pipe: IO[bytes]) -> dict[str, Any]:
    """Send it.

    Args:
        order: the Hub's.
        paths: the paths of the lab that has the original.
        pipe: to the lab that gets it.

    Returns:
        What came of it: ``leftOut``, or a sentence under ``error``.

    Raises:
        OSError: it can't be read, or nobody takes it.
    """
    if order.is_guest and order.maker in _removed(paths.removed_guests):
        return {"error": gettext(ENDED)}
    with Root(paths.files, (paths.files_link,)).at(order.parts) as place:
        left_out = packing.send_one(place, pipe, LARGEST_BYTES)
    names = sorted({path_of((name,)) for name in left_out if name != CHECKPOINTS})
    return {"leftOut": names[:MOST_NAMES], "moreLeftOut": max(0, len(names) - MOST_NAMES)}


def _removed(file: Path) -> frozenset[str]:
    """Read whom the lab has removed, as its server does."""
    try:
        return removed_guests.decode(file.read_bytes())
    except (OSError, ValueError):
        return frozenset()
