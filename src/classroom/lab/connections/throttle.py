"""Say something to a person, or of them, only once in a while."""

from __future__ import annotations


class Seldom:
    """When somebody was last told. One event loop's: nothing here is for threads."""

    def __init__(self, seconds: float) -> None:
        """Have told nobody.

        Args:
            seconds: how long at least from one time to the next.
        """
        self._seconds = seconds
        self._told: dict[str, float] = {}

    def is_time(self, name: str, now: float) -> bool:
        """Say whether it is time to tell somebody, and take it for done if so.

        Args:
            name: theirs.
            now: seconds on a clock that doesn't go back.
        """
        if now - self._told.get(name, -self._seconds) < self._seconds:
            return False
        self._told[name] = now
        return True
