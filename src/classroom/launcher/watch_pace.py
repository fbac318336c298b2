"""Decide how often memory and disk are checked."""

from __future__ import annotations

LOOK_SECONDS = 0.5
LONGEST_SECONDS = 3.0
"""The longest pause between two checks, however long they take."""
CORE_SHARE = 0.05
"""The share of a core that checks may use: with thousands of processes they are rarer."""


def rest(took: float) -> float:
    """Return the seconds to wait before the next check.

    Args:
        took: seconds of processor time that the last check has taken.

    Returns:
        Seconds.
    """
    return min(LONGEST_SECONDS, max(LOOK_SECONDS, took / CORE_SHARE))
