"""How often snapshots are made, from the start to the process that makes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from classroom.runtime import files

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths


def write(paths: Paths, interval: int) -> None:
    """Leave word, where only root can.

    Args:
        paths: where things are.
        interval: seconds between snapshots; 0 for none.
    """
    files.write_private(paths.snapshots_beat, json.dumps({"interval": interval}).encode())


def read(paths: Paths) -> int:
    """Read what was left."""
    return int(json.loads(paths.snapshots_beat.read_text(encoding="utf-8"))["interval"])
