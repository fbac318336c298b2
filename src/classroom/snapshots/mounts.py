"""Find the mounts below a folder: the tutor's materials, which are not the class's files."""

from __future__ import annotations

import re
from pathlib import Path

OCTAL = re.compile(r"\\([0-7]{3})")


def below(folder: Path, table: str) -> list[str]:
    """List the mount points below a folder, as paths relative to it.

    Args:
        folder: a folder without a link in its path.
        table: the text of ``/proc/self/mountinfo`` (proc(5)).
    """
    points = (
        OCTAL.sub(lambda found: chr(int(found[1], 8)), line.split(" ")[4])
        for line in table.splitlines()
    )
    paths = (Path(point) for point in points)
    return sorted(
        {
            str(path.relative_to(folder))
            for path in paths
            if path != folder and path.is_relative_to(folder)
        }
    )


def now_below(folder: Path) -> list[str]:
    """List the present mount points in this container; a mount can also be from the same disk.

    Raises:
        OSError: the system does not tell them.
    """
    return below(folder, Path("/proc/self/mountinfo").read_text(encoding="utf-8"))
