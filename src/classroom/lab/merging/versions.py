"""Remember an open document's earlier versions, to tell a program's change from people's."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

from classroom.lab.merging import outcome

if TYPE_CHECKING:
    from classroom.lab.merging.outcome import Content

SLIDE_SECONDS = 600.0
"""Seconds that a program may take between reading and writing a file, for its change to be merged:
up to twice as long, or as long as the document has been open. After that, text that it leaves out
was in the file for so long that the program means to delete it."""


LARGEST_BYTES = 2_000_000
"""A larger file's last version isn't remembered."""


class Versions:
    """What a document's file said when it was opened, some minutes ago, and last.

    The last is kept as it is, the others compressed.

    Not for more than one thread at a time.
    """

    def __init__(self, content: Content, now: float) -> None:
        """Begin with what the file says.

        Args:
            content: the document's, as opened.
            now: seconds of a clock that doesn't go back.
        """
        self._opened = self._base = self._recent = packed(content)
        self._since = now
        self._last: list[Content] = []
        self._written = packed([])

    @property
    def opening(self) -> bytes:
        """What `opened` returns, as bytes to be kept."""
        return self._opened

    def since(self, packed: bytes) -> None:
        """Take over what the document said when it was opened earlier.

        Args:
            packed: of `opening`, by an earlier life of the lab server perhaps.
        """
        self._opened = packed

    @property
    def opened(self) -> Content:
        """What the document said when it was opened, or when it was last kept in a copy."""
        return unpacked(self._opened)

    @property
    def written(self) -> list[str]:
        """The words in the document that programs wrote since it was opened."""
        found: list[str] = unpacked(self._written)
        return found

    @property
    def saved(self) -> list[Content]:
        """What the file said some minutes ago, or when a program last changed it; and last."""
        return [unpacked(self._base), unpacked(self._recent), *self._last]

    def remember(self, content: Content, size: int, now: float) -> None:
        """Remember a saved version; after a while the version before becomes the base.

        Args:
            content: the document's; it isn't changed any more.
            size: the file's bytes.
            now: as of `__init__`.
        """
        self._last = [content] if size <= LARGEST_BYTES else []
        if now - self._since >= SLIDE_SECONDS:
            self._base, self._recent, self._since = self._recent, packed(content), now

    def replaced(self, ours: Content, theirs: Content, result: Content, now: float) -> None:
        """Remember what a program has written.

        Args:
            ours: what the document said.
            theirs: what the file says.
            result: what the document says now.
            now: as of `__init__`.
        """
        self._base = self._recent = packed(theirs)
        self._since, self._last = now, []
        self._written = packed(sorted(outcome.brought(self.written, ours, theirs, result)))

    def kept(self, content: Content) -> None:
        """Remember what a copy contains: it need not be kept again.

        Args:
            content: the document's.
        """
        self._opened = packed(content)


def packed(content: Any) -> bytes:
    """Pack a content to be kept.

    Args:
        content: anything that JSON has.
    """
    return zlib.compress(json.dumps(content).encode(), level=1)


def unpacked(packed: bytes) -> Any:
    """Return what `packed` has packed.

    Args:
        packed: its bytes.
    """
    return json.loads(zlib.decompress(packed))
