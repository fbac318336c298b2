"""What students' processes may use: decided at boot from the settings and from what there is."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from classroom import files
from classroom.launcher.command import Limits

if TYPE_CHECKING:
    from classroom.paths import Paths

FILE = "limits.json"


def read(paths: Paths) -> Limits:
    """Read what boot has decided."""
    return Limits(**json.loads((paths.run / FILE).read_text(encoding="utf-8")))


def write(paths: Paths, limits: Limits) -> None:
    """Leave word for the launcher, where only root can."""
    files.write_private(paths.run / FILE, json.dumps(asdict(limits)).encode())
