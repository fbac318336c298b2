"""Decide when a part hangs, and how soon a dead part restarts: plain values."""

from __future__ import annotations

from dataclasses import dataclass

SILENT_SECONDS = 20.0
"""A part without an answer for so long is ended and started again."""
BEAT_SECONDS = 4.0
"""The time between two questions to a part. A busy part may answer late, and each answer counts
until the part is given up."""
MOST_PENDING_QUESTIONS = 2
"""The number of open questions to one process."""
FIRST_SECONDS = 0.2
"""The first wait before a restart: too short for people to notice."""
MOST_SECONDS = 5.0
"""The longest wait, for a part that dies at once each time."""
WELL_SECONDS = 10.0
"""A part that has served for so long did not die at once."""


@dataclass
class Silence:
    """The time since a part's last answer.

    Attributes:
        seconds: seconds since its last answer, without times when this process did not run.
        at: the time of the last check, on a monotonic clock.
    """

    at: float
    seconds: float = 0.0

    def look(self, now: float, *, answered: bool) -> bool:
        """Note the result of a check; return whether to end the part.

        Args:
            now: the time on the same clock.
            answered: whether the part has answered since the last check.
        """
        # At most the beat: if the whole machine slept, the part couldn't answer either.
        passed, self.at = min(now - self.at, 1.5 * BEAT_SECONDS), now
        self.seconds = 0.0 if answered else self.seconds + passed
        return self.seconds >= SILENT_SECONDS


@dataclass
class Backoff:
    """The wait before a part restarts.

    Attributes:
        deaths: the number of deaths in a row that came soon after a start, or before it.
    """

    deaths: int = 0

    def died(self, served: float) -> float:
        """Note a death; return the seconds to wait before the next start.

        Args:
            served: the seconds for which the part has served; 0 if it never did.
        """
        self.deaths = 1 if served >= WELL_SECONDS else self.deaths + 1
        # The exponent is bounded too: a float overflows at two to the thousandth.
        return float(min(MOST_SECONDS, FIRST_SECONDS * 2 ** min(self.deaths - 1, 10)))
