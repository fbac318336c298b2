"""Delete marks of trust that pages write into an open notebook.

Our pages ignore them. They must not stay, because another program may trust them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from classroom.lab.files import trust

if TYPE_CHECKING:
    from typing import Any

MARK_SECONDS = 1.0
"""How long a mark may stay in a document."""


class TrustMarks:
    """The marks in one notebook. For one event loop."""

    def __init__(self, document: Any) -> None:
        """Use a notebook.

        Args:
            document: a notebook of jupyter_ydoc.
        """
        self._document = document
        self._is_due = False

    def forget_soon(self) -> None:
        """Delete them after `MARK_SECONDS`, once for all changes: it walks the whole notebook.

        Besides, the document can't be changed while its observers run.
        """
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(MARK_SECONDS, self.forget)

    def forget(self) -> None:
        """Delete them without a delay."""
        self._is_due = False
        trust.forget_live(self._document.ycells)
