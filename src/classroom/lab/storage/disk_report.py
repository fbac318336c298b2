"""Whether the disk takes what people type: said once when it doesn't, once when it does again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = logging.getLogger(__name__)


class DiskTrouble(NamedTuple):
    """What is wrong with the disk.

    Attributes:
        why: in the system's words; "" when nothing is.
        is_kept: whether what people type is kept all the same, in the log's reserve.
    """

    why: str = ""
    is_kept: bool = True


class DiskReport:
    """What was said last of the disk. On the event loop."""

    def __init__(self) -> None:
        self.trouble = DiskTrouble()
        self.told: Callable[[DiskTrouble], None] = lambda _: None
        """Called when something is wrong with the disk, and when that ends."""

    @property
    def is_in_trouble(self) -> bool:
        """Whether the disk takes nothing at present."""
        return bool(self.trouble.why)

    def failed(self, error: Exception, *, is_kept: bool = True) -> None:
        """Report why the disk doesn't take something.

        Args:
            error: an error of the system or the database.
            is_kept: whether what was typed is kept in the reserve all the same.
        """
        self._say(getattr(error, "strerror", None) or str(error), is_kept=is_kept)

    def lost(self) -> None:
        """Report that what is typed from now on is kept nowhere: the reserve is used up."""
        self._say(self.trouble.why, is_kept=False)

    def is_well(self) -> None:
        """Report that the disk takes everything again."""
        self._say("", is_kept=True)

    def _say(self, why: str, *, is_kept: bool) -> None:
        before = self.trouble
        if why and not before.why:
            LOG.error("Typed text is not being saved: %s. Retrying.", why)
        elif before.why and not why:
            LOG.info("Typed text is saved again")
        if not is_kept and before.is_kept:
            LOG.error("Typed text is kept nowhere any more: its reserve is used up")
        # What is used up stays so until all of it is committed.
        self.trouble = DiskTrouble(why, not why or (is_kept and before.is_kept))
        if self.trouble != before:
            self.told(self.trouble)
