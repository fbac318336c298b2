"""Check that ``TZ`` names a time zone: the C library uses UTC for an unknown name."""

from __future__ import annotations

import re
import zoneinfo
from typing import TYPE_CHECKING

from classroom.runtime.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

POSIX = re.compile(r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)[+-]?\d{1,2}(?::\d\d){0,2}.*")
"""A rule in place of a name: ``CET-1CEST,M3.5.0,M10.5.0/3`` (POSIX, 8.3)."""
UNKNOWN = (
    "TZ={zone} is no time zone, so kernels, terminals and the log use UTC: write one such as"
    " Europe/Zurich{near}"
)


def warning(environ: Mapping[str, str]) -> str:
    """Return a warning about an invalid time zone; "" for a valid one, or none.

    Args:
        environ: the process environment.
    """
    zone = environ.get("TZ", "")
    if not zone or POSIX.fullmatch(zone):
        return ""
    known = zoneinfo.available_timezones()
    if zone in known:
        return ""
    near = did_you_mean(zone, known)
    return UNKNOWN.format(zone=zone, near=f" ({near})" if near else "")
