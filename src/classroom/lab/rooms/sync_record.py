"""Record how a room's pages synchronize."""

from __future__ import annotations

from collections import Counter


class SyncRecord:
    """One room's record. For one event loop."""

    def __init__(self) -> None:
        self.answer_bytes = 0
        """Bytes of the last answer to a sync step 1: the next one is about as large."""
        self.returns: Counter[str] = Counter()
        """How often each person's pages have reconnected without success."""
