"""Define what all runs of one kernel share."""

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
        """Find a cell; None if it is in none of these rooms."""

    def growth(self, rooms: Sequence[str], cell_id: str) -> Growth | None:
        """Return the growth of a cell's notebook; None if that isn't known."""


@dataclass
class Shared:
    """What the runs of one kernel share.

    Attributes:
        documents: where to find the notebooks' cells.
        update: makes all runs change their displays, by display id.
        log: the server's log.
        due: when any of the runs may write again, on the monotonic clock. They share it, because
            one run can make the others change their displays.
    """

    documents: Documents
    update: Callable[[Mapping[str, Updated]], None]
    log: Logger
    due: float = 0.0
