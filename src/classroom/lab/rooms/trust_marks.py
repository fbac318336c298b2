"""Delete marks of trust that pages write into an open notebook.

Our pages take no notice of them. They must not stay: another program may believe them.
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
    """The marks in one notebook. On the event loop."""

    def __init__(self, document: Any) -> None:
        """Look for none yet.

        Args:
            document: a notebook of jupyter_ydoc.
        """
        self._document = document
        self._is_due = False

    def forget_soon(self) -> None:
        """Delete them once for all changes of a while: it goes through the whole notebook.

        The document can't be changed at once either, while its observers hear of a change.
        """
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(MARK_SECONDS, self.forget)

    def forget(self) -> None:
        """Delete them now."""
        self._is_due = False
        trust.forget_live(self._document.ycells)
