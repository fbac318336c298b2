"""Check the size of a kernel's messages before they are parsed.

Students' code can send anything in its kernel's name, of any size and in any number.
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
"""Most bytes of a received message; a message of more than half of that isn't sent to pages."""
LONGEST_SHOWN_BYTES = 50 * MB
"""Most bytes of a message to a page."""
LONGEST_HEAD_BYTES = 64 * 1024
"""Most bytes of a header or of a parent's header; usual ones have some hundreds."""
LONGEST_LEGACY_BYTES = 10 * MB
"""Most bytes of a message in the legacy protocol, which is parsed to be passed on."""
LONGEST_STATUS_BYTES = 1024
"""Most bytes of a status message."""
PARTS = 4
"""Fewest parts of a message: header, parent, metadata, content."""
STATES = frozenset(
    {
        *("starting", "busy", "idle", "restarting", "autorestarting"),
        *("terminating", "dead", "unknown"),
    }
)
"""Valid states of a kernel; every page gets them in the list of kernels."""


def size(frames: Sequence[Any]) -> int:
    """Count a message's bytes."""
    return sum(map(len, frames))


def sound(parts: Sequence[Any]) -> bool:
    """Say whether a message may be parsed.

    Args:
        parts: the message's header, parent, metadata, content and buffers.
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
    """The last items, limited by number and by their size together."""

    def __init__(self, most: int, largest: int, measure: Callable[[T], int]) -> None:
        """Start without items.

        Args:
            most: most items to keep.
            largest: most size of all items together.
            measure: returns an item's size.
        """
        super().__init__()
        self._most, self._largest, self._measure = most, largest, measure
        self._size = 0

    def copy(self) -> deque[T]:  # type: ignore[override]
        """Return a plain copy for a caller that removes items, as terminado does."""
        return deque(self)

    def append(self, new: T) -> None:
        """Add an item, and drop the oldest ones if necessary."""
        size_of = self._measure(new)
        if size_of > self._largest:
            return
        super().append(new)
        self._size += size_of
        while len(self) > self._most or self._size > self._largest:
            self._size -= self._measure(self.popleft())
