"""When a part is taken to hang, and how soon one that died is started again: pure decisions."""

from __future__ import annotations

from dataclasses import dataclass

SILENT_SECONDS = 20.0
"""A part that answers nothing for so long is ended and started again."""
BEAT_SECONDS = 4.0
"""Between two questions to a part. Each is waited for until the part is given up: a busy part may
answer late, and any answer counts."""
MOST_PENDING_QUESTIONS = 2
"""To one process at a time."""
FIRST_SECONDS = 0.2
"""Between a death and the next start: too short for anybody to miss the part."""
MOST_SECONDS = 5.0
"""What that grows to for a part that dies at once each time."""
WELL_SECONDS = 10.0
"""A part that served for so long didn't die at once."""


@dataclass
class Silence:
    """How long a part has answered nothing.

    Attributes:
        seconds: since its last answer, as far as this process itself was awake.
        at: when it was looked at last, on a clock that doesn't go back.
    """

    at: float
    seconds: float = 0.0

    def look(self, now: float, *, answered: bool) -> bool:
        """Take note of a look; return whether the part is to be ended.

        Args:
            now: on the same clock.
            answered: whether anything has come from the part since the last look.
        """
        # No more than the beat: if the whole machine slept, the part couldn't answer either.
        passed, self.at = min(now - self.at, 1.5 * BEAT_SECONDS), now
        self.seconds = 0.0 if answered else self.seconds + passed
        return self.seconds >= SILENT_SECONDS


@dataclass
class Backoff:
    """How soon a part is started again.

    Attributes:
        deaths: in a row, each soon after the start, or instead of it.
    """

    deaths: int = 0

    def died(self, served: float) -> float:
        """Take note of a death; return how long to wait before the next start, in seconds.

        Args:
            served: for how many seconds it had served; 0 if it never did.
        """
        self.deaths = 1 if served >= WELL_SECONDS else self.deaths + 1
        # The exponent is bounded too: a float overflows at two to the thousandth.
        return float(min(MOST_SECONDS, FIRST_SECONDS * 2 ** min(self.deaths - 1, 10)))
