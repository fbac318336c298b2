"""Remember an open document's earlier versions, to tell a program's change from people's."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

from classroom.lab.merging import outcome

if TYPE_CHECKING:
    from classroom.lab.merging.outcome import Content

SLIDE_SECONDS = 600.0
"""A program may take this long between reading and writing a file, and its change is still merged.
The limit is up to twice as long in practice, or as long as the document has been open. Text that
was in the file for longer, and that the program leaves out, counts as deleted on purpose."""


LARGEST_BYTES = 2_000_000
"""A larger file's last version isn't remembered."""


class Versions:
    """A document's file at the time it was opened, some minutes ago, and at the last save.

    The last version is kept as it is, the others are compressed.

    Use it on one thread at a time only.
    """

    def __init__(self, content: Content, now: float) -> None:
        """Begin with the file's content.

        Args:
            content: the document's content when it was opened.
            now: the time of a monotonic clock in seconds.
        """
        self._opened = self._base = self._recent = packed(content)
        self._since = now
        self._last: list[Content] = []
        self._written = packed([])

    @property
    def opening(self) -> bytes:
        """The packed content that `opened` returns."""
        return self._opened

    def since(self, packed: bytes) -> None:
        """Take over the document's content of an earlier opening.

        Args:
            packed: the bytes of `opening`, perhaps from an earlier run of the lab server.
        """
        self._opened = packed

    @property
    def opened(self) -> Content:
        """The document's content when it was opened, or when it was last kept in a copy."""
        return unpacked(self._opened)

    @property
    def written(self) -> list[str]:
        """The words in the document that programs wrote since it was opened."""
        found: list[str] = unpacked(self._written)
        return found

    @property
    def saved(self) -> list[Content]:
        """The file's content some minutes ago and at the last save.

        "Some minutes ago" is the time of a program's last change, if that was later.
        """
        return [unpacked(self._base), unpacked(self._recent), *self._last]

    def remember(self, content: Content, size: int, now: float) -> None:
        """Remember a saved version; after a while the version before becomes the base.

        Args:
            content: the document's content; the caller must not change it any more.
            size: the file's size in bytes.
            now: see `__init__`.
        """
        self._last = [content] if size <= LARGEST_BYTES else []
        if now - self._since >= SLIDE_SECONDS:
            self._base, self._recent, self._since = self._recent, packed(content), now

    def replaced(self, ours: Content, theirs: Content, result: Content, now: float) -> None:
        """Remember the versions around a program's change.

        Args:
            ours: the document's content before.
            theirs: the file's content.
            result: the document's content now.
            now: see `__init__`.
        """
        self._base = self._recent = packed(theirs)
        self._since, self._last = now, []
        self._written = packed(sorted(outcome.brought(self.written, ours, theirs, result)))

    def kept(self, content: Content) -> None:
        """Remember the content of a copy, which need not be kept again.

        Args:
            content: the document's content.
        """
        self._opened = packed(content)


def packed(content: Any) -> bytes:
    """Pack content compactly.

    Args:
        content: any JSON value.
    """
    return zlib.compress(json.dumps(content).encode(), level=1)


def unpacked(packed: bytes) -> Any:
    """Unpack the content that `packed` has packed.

    Args:
        packed: the packed bytes.
    """
    return json.loads(zlib.decompress(packed))
