"""What all runs of one kernel have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from logging import Logger

    from classroom.lab.protocol.kernel_outputs import Updated
    from classroom.lab.rooms.growth import Growth


class Documents(Protocol):
    """The live notebooks."""

    def cell(self, rooms: Sequence[str], cell_id: str) -> Any:
        """Find a cell; None when it is in none of these rooms."""

    def growth(self, rooms: Sequence[str], cell_id: str) -> Growth | None:
        """Return how large a cell's notebook has become; None where that isn't known."""


@dataclass
class Shared:
    """What the runs of one kernel have in common.

    Attributes:
        documents: where to find the notebooks' cells.
        update: has all runs change what they have displayed, by its id.
        log: the server's.
        due: when they may write again, on the monotonic clock: one of them may have others change
            what they show.
    """

    documents: Documents
    update: Callable[[Mapping[str, Updated]], None]
    log: Logger
    due: float = 0.0
