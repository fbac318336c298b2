"""What is mounted below a folder: the tutor's materials are there, but they are not the class's."""

from __future__ import annotations

import re
from pathlib import Path

OCTAL = re.compile(r"\\([0-7]{3})")


def below(folder: Path, table: str) -> list[str]:
    """List the mount points below a folder, as paths from it on.

    Args:
        folder: with no link in its path.
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
    """List them as they are in this container; a mount can also be of the same disk.

    Raises:
        OSError: the kernel doesn't say.
    """
    return below(folder, Path("/proc/self/mountinfo").read_text(encoding="utf-8"))
