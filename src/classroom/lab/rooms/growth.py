"""Limit a notebook's growth, so that it can be opened again.

A file has limits of size, of cells and outputs, and of values (`classroom.lab.files`). Outputs
could exceed each of them while a notebook is open, and then nobody could open it any more.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from classroom.lab.files.document_encoding import MOST_LISTS, MOST_PARTS, MOST_VALUES
from classroom.lab.protocol import weight
from classroom.lab.protocol.weight import Weight
from classroom.lab.storage import threads
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from classroom.lab.files.file_loader import ClassLoader
    from classroom.lab.merging.outcome import Content

SHARE = 0.9
"""Share of the limits that outputs may fill. The rest is for what people type."""
FULL = gettext_noop(
    "“{path}” is almost too large to be opened again: clear outputs (Edit menu, Clear Outputs of"
    " All Cells)."
)
MEASURE_SECONDS = 5.0
"""Seconds between two measurements of a document that seems full: each goes through all of it."""


def limits(largest: int) -> Weight:
    """Return the limits for a notebook with its outputs.

    Args:
        largest: bytes of the largest file that can be opened.
    """
    return Weight(*(int(SHARE * most) for most in (largest, MOST_PARTS, MOST_VALUES, MOST_LISTS)))


def of_document(document: Any) -> Weight:
    """Weigh a document. Slow if it is large.

    Args:
        document: a document of jupyter_ydoc; one that isn't a notebook weighs nothing.
    """
    cells = getattr(document, "ycells", None)
    return weight.of_notebook({"cells": [] if cells is None else cells.to_py()})


class Growth:
    """The growth of one open notebook. For one event loop."""

    def __init__(self, largest: int, measure: Callable[[], Weight]) -> None:
        """Start without a weight.

        Args:
            largest: bytes of the largest notebook that can be opened.
            measure: weighs the document; slow if it is large.
        """
        self._most = limits(largest)
        self._is_full = False
        self._measure = measure
        self._known = Weight()
        self._since = Weight()
        self._measured = 0.0

    @property
    def since(self) -> Weight:
        """The weight of outputs since the document was last weighed."""
        return self._since

    async def note(self, content: Content, since: Weight, file: ClassLoader) -> None:
        """Weigh a document's content; notify people before it becomes too large to open.

        Args:
            content: the document's content; a thread weighs it.
            since: the value of `since` before the content was read.
            file: the document's file.
        """
        known = await threads.run(weight.of_notebook, content)
        if sentence := self.weighed(known, since, file.path):
            file.kept.append(sentence)

    def weighed(self, known: Weight, since: Weight, path: str) -> str | None:
        """Record the document's weight when it was opened or saved.

        Args:
            known: the weight.
            since: the value of `since` before the content was read.
            path: the file's path.

        Returns:
            A sentence for the people in it, if it has just become too large for more outputs.
        """
        self._known = known
        left = zip(self._since, since, strict=True)
        self._since = Weight(*(max(0, now - then) for now, then in left))
        was_full, self._is_full = self._is_full, not known.fits(self._most)
        if was_full or not self._is_full:
            return None
        return gettext(FULL).format(path=path)

    def emptied(self) -> None:
        """Record that a run has deleted its cell's outputs, so that there may be room again.

        A person who has just read the notice clears outputs, and runs the cell again.
        """
        self._measured = 0.0

    def take(self, more: Weight, now: float | None = None) -> bool:
        """Say whether a run may add an output, and count it if so.

        What was deleted since the last save counts until the next measurement. The lab measures
        before it rejects an output.

        Args:
            more: the output's weight.
            now: seconds of the monotonic clock.
        """
        if not self._fits(more):
            now = time.monotonic() if now is None else now
            if self._measured and now - self._measured < MEASURE_SECONDS:
                return False
            self._measured = now
            self._known, self._since = self._measure(), Weight()
            if not self._fits(more):
                return False
        self._since = self._since.plus(more)
        return True

    def _fits(self, more: Weight) -> bool:
        return self._known.plus(self._since).plus(more).fits(self._most)
