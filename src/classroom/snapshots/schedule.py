"""Pass the interval of snapshots from the start to the process that makes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from classroom.runtime import files

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths


def write(paths: Paths, interval: int) -> None:
    """Write the interval to a file that only root may write.

    Args:
        paths: the container's paths.
        interval: seconds between snapshots; 0 for none.
    """
    files.write_private(paths.snapshots_beat, json.dumps({"interval": interval}).encode())


def read(paths: Paths) -> int:
    """Read the interval."""
    return int(json.loads(paths.snapshots_beat.read_text(encoding="utf-8"))["interval"])
