"""Limit how much of the server's memory each person's sockets may fill.

Each message is limited, but one person may have hundreds of sockets. So the lab counts together
what their pages have started to send, what their kernels don't read, and what their pages don't
read. For one event loop; not safe for threads.
"""

from __future__ import annotations

from collections import Counter

MB = 1 << 20
EACH_BYTES = 160 * MB
"""Most bytes for one person: a message of 64 MB to a kernel counts twice for a moment, and two
messages of 50 MB from a kernel may wait for a page."""
TOGETHER_BYTES = 640 * MB
"""Most bytes for everybody together."""


class MemoryBudget:
    """The bytes that are held for each person."""

    def __init__(self, each: int = EACH_BYTES, together: int = TOGETHER_BYTES) -> None:
        """Start without held bytes.

        Args:
            each: most bytes for one person.
            together: most bytes for everybody together.
        """
        self._each, self._together = each, together
        self._held: Counter[str] = Counter()
        self._all = 0

    def held(self, name: str) -> int:
        """Return how many bytes are held for a person."""
        return self._held[name]

    def has_space(self, size: int) -> bool:
        """Say whether there is space for `size` bytes, without counting them for a person."""
        return self._all + size <= self._together

    def take(self, name: str, size: int) -> bool:
        """Hold more bytes for a person, if there is space; `give` them back in the end.

        Args:
            name: the person's name.
            size: how many bytes.

        Returns:
            Whether there was space; if not, nothing is held.
        """
        if self._held[name] + size > self._each or self._all + size > self._together:
            return False
        self._held[name] += size
        self._all += size
        return True

    def give(self, name: str, size: int) -> None:
        """Give bytes back; the arguments are those of `take`."""
        self._held[name] -= size
        self._all -= size
        if not self._held[name]:
            del self._held[name]
