"""A kernel's messages, before anything in them is read: how large they may be.

Students' code can send anything in its kernel's name, as large and as often as it likes.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from classroom.lab.protocol import kernel_outputs
from classroom.lab.protocol.kernel_outputs import BadOutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
MB = 1024**2
LONGEST_BYTES = 100 * MB
"""Bytes of a message that is received; it is passed on or shown only up to half of that."""
LONGEST_SHOWN_BYTES = 50 * MB
"""Bytes of a message that a page is sent."""
LONGEST_HEAD_BYTES = 64 * 1024
"""Bytes of a header, of a parent's too; they have some hundreds."""
LONGEST_LEGACY_BYTES = 10 * MB
"""Bytes of a message in the older protocol, which is taken apart to be passed on."""
LONGEST_STATUS_BYTES = 1024
"""Bytes of what a kernel says of its own state."""
PARTS = 4
"""How many parts a message has at least: header, parent, metadata, content."""
STATES = frozenset(
    {
        *("starting", "busy", "idle", "restarting", "autorestarting"),
        *("terminating", "dead", "unknown"),
    }
)
"""What a kernel may say that it is; every page is told it in the list of kernels."""


def size(frames: Sequence[Any]) -> int:
    """Count a message's bytes."""
    return sum(map(len, frames))


def sound(parts: Sequence[Any]) -> bool:
    """Say whether a message may be looked into.

    Args:
        parts: header, parent, metadata, content and whatever comes with it.
    """
    if len(parts) < PARTS or size(parts) > LONGEST_BYTES:
        return False
    if any(len(part) > LONGEST_HEAD_BYTES for part in parts[:2]) or len(parts[2]) > MB:
        return False
    _, kind = kernel_outputs.head(parts[0])
    if not kind:
        return False
    return kind != "status" or _is_status(parts[3])


def _is_status(raw: bytes) -> bool:
    if len(raw) > LONGEST_STATUS_BYTES:
        return False
    try:
        state = kernel_outputs.read(raw).get("execution_state")
    except BadOutputError:
        return False
    return isinstance(state, str) and state in STATES


class Kept(deque[T]):
    """The last things that were said: no more than a number of them, and than a size together."""

    def __init__(self, most: int, largest: int, measure: Callable[[T], int]) -> None:
        """Keep nothing yet.

        Args:
            most: how many are kept.
            largest: how much all of them together.
            measure: says how much one is.
        """
        super().__init__()
        self._most, self._largest, self._measure = most, largest, measure
        self._size = 0

    def copy(self) -> deque[T]:  # type: ignore[override]
        """Copy what is kept, for somebody who takes it out one by one (terminado does)."""
        return deque(self)

    def append(self, new: T) -> None:
        """Keep one more, and as many of those before it as there is room for."""
        size_of = self._measure(new)
        if size_of > self._largest:
            return
        super().append(new)
        self._size += size_of
        while len(self) > self._most or self._size > self._largest:
            self._size -= self._measure(self.popleft())
