"""How often memory and disk are looked at."""

from __future__ import annotations

LOOK_SECONDS = 0.5
LONGEST_SECONDS = 3.0
"""However long looking takes, it is done again after so long."""
CORE_SHARE = 0.05
"""How much of a core looking may cost: with thousands of processes it is rarer."""


def rest(took: float) -> float:
    """Say how long to wait before looking again.

    Args:
        took: seconds of processor time that looking has taken.

    Returns:
        Seconds.
    """
    return min(LONGEST_SECONDS, max(LOOK_SECONDS, took / CORE_SHARE))
