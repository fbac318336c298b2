"""What a room remembers of how its pages synchronize."""

from __future__ import annotations

from collections import Counter


class SyncRecord:
    """One room's; on the event loop."""

    def __init__(self) -> None:
        self.answer_bytes = 0
        """Size of the last answer to a sync step 1: the next is about as large."""
        self.returns: Counter[str] = Counter()
        """How often each person's pages have reconnected without success."""
