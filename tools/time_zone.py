"""Find the machine's time zone for the lab: few shells have it in ``TZ``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LINK, NAME = Path("/etc/localtime"), Path("/etc/timezone")
ZONES = "zoneinfo/"
"""The part of a path before a zone's name, on Linux and on macOS."""


def named(link: Path = LINK, name: Path = NAME) -> str:
    """Return the name of the machine's time zone, such as ``Europe/Zurich``; "" if unknown.

    Args:
        link: the link to the zone's rules.
        name: a file with the zone's name, which some systems also have.
    """
    try:
        found = os.path.realpath(link)
        if ZONES in found:
            return found.rpartition(ZONES)[2]
        return name.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def use(environ: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, str]:
    """Return a variable for docker compose with the machine's zone, unless one is given.

    Args:
        environ: the process environment.
        kept: the variables in ``.env``.
    """
    if environ.get("TZ") or kept.get("TZ"):
        return {}
    zone = named()
    return {"TZ": zone} if zone else {}
