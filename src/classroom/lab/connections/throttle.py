"""Limit how often a person gets a notice, or the log has a line about them."""

from __future__ import annotations


class Seldom:
    """The last time for each person. For one event loop; not safe for threads."""

    def __init__(self, seconds: float) -> None:
        """Start without any times.

        Args:
            seconds: fewest seconds between two times.
        """
        self._seconds = seconds
        self._told: dict[str, float] = {}

    def is_time(self, name: str, now: float) -> bool:
        """Say whether it is time for a person; if so, record the time.

        Args:
            name: the person's name.
            now: seconds of a monotonic clock.
        """
        if now - self._told.get(name, -self._seconds) < self._seconds:
            return False
        self._told[name] = now
        return True
