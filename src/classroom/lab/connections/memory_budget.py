"""How much of the server's memory people's sockets may fill, whatever is on its way over them.

Each message has a bound, but one person may have hundreds of sockets: what they have begun to send,
what their kernels don't take and what their pages don't read counts together. One event loop's:
nothing here is for threads.
"""

from __future__ import annotations

from collections import Counter

MB = 1 << 20
EACH_BYTES = 160 * MB
"""Bytes of one person's: a message of 64 MB to a kernel counts twice for a moment, and two of 50 MB
from one may wait for a page."""
TOGETHER_BYTES = 640 * MB
"""Bytes of everybody's."""


class MemoryBudget:
    """What is held for whom."""

    def __init__(self, each: int = EACH_BYTES, together: int = TOGETHER_BYTES) -> None:
        """Begin with nothing held.

        Args:
            each: bytes that one person may have.
            together: bytes that all may have.
        """
        self._each, self._together = each, together
        self._held: Counter[str] = Counter()
        self._all = 0

    def held(self, name: str) -> int:
        """Return how many bytes are held for somebody."""
        return self._held[name]

    def has_space(self, size: int) -> bool:
        """Say whether there is space for something that isn't anybody's yet, in bytes."""
        return self._all + size <= self._together

    def take(self, name: str, size: int) -> bool:
        """Hold some more, if there is space; `give` it back in the end.

        Args:
            name: the person's name.
            size: bytes.

        Returns:
            Whether there was space; if not, nothing was taken.
        """
        if self._held[name] + size > self._each or self._all + size > self._together:
            return False
        self._held[name] += size
        self._all += size
        return True

    def give(self, name: str, size: int) -> None:
        """Give some back; the arguments are those of `take`."""
        self._held[name] -= size
        self._all -= size
        if not self._held[name]:
            del self._held[name]
