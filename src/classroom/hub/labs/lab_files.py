"""Read files that labs' servers write for the Hub, which is root, without trusting the labs."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

MOST_READ_BYTES = 1 << 20


def read(file: Path) -> dict[str, Any]:
    """Read a file of a lab's server, without following a link or waiting for a pipe.

    Args:
        file: the file, a JSON object.

    Returns:
        Its content; an empty object if the file can't be read, or is not an object.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return {}
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return {}
        found = json.loads(os.read(descriptor, MOST_READ_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    finally:
        os.close(descriptor)
    return found if isinstance(found, dict) else {}


def idle_since(file: Path) -> float | None:
    """Read since when nobody has used a lab.

    Args:
        file: `classroom.runtime.paths.Paths.idle` of the lab.

    Returns:
        Seconds since the epoch; None while somebody uses it, or if unknown.
    """
    since = read(file).get("since")
    return float(since) if isinstance(since, int | float) else None
