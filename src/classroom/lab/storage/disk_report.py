"""Report once when writing typed text to the disk fails, and once when it works again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = logging.getLogger(__name__)


class DiskTrouble(NamedTuple):
    """The trouble with the disk.

    Attributes:
        why: the system's error; "" if there is no trouble.
        is_kept: whether typed text is stored all the same, in the log's reserve.
    """

    why: str = ""
    is_kept: bool = True


class DiskReport:
    """The last report on the disk. For one event loop."""

    def __init__(self) -> None:
        self.trouble = DiskTrouble()
        self.told: Callable[[DiskTrouble], None] = lambda _: None
        """Called when trouble with the disk starts, changes or ends."""

    @property
    def is_in_trouble(self) -> bool:
        """Whether writing to the disk fails at present."""
        return bool(self.trouble.why)

    def failed(self, error: Exception, *, is_kept: bool = True) -> None:
        """Report that writing to the disk failed.

        Args:
            error: an error of the system or the database.
            is_kept: whether typed text is stored in the reserve all the same.
        """
        self._say(getattr(error, "strerror", None) or str(error), is_kept=is_kept)

    def lost(self) -> None:
        """Report that text typed from now on isn't on the disk: the reserve is used up."""
        self._say(self.trouble.why, is_kept=False)

    def is_well(self) -> None:
        """Report that writing to the disk works again."""
        self._say("", is_kept=True)

    def _say(self, why: str, *, is_kept: bool) -> None:
        before = self.trouble
        if why and not before.why:
            LOG.error("Typed text is not being saved: %s. Retrying.", why)
        elif before.why and not why:
            LOG.info("Typed text is saved again")
        if not is_kept and before.is_kept:
            LOG.error("New text is only in memory: the disk space reserved for it is used up")
        # The reserve stays used up until everything is committed.
        self.trouble = DiskTrouble(why, not why or (is_kept and before.is_kept))
        if self.trouble != before:
            self.told(self.trouble)
