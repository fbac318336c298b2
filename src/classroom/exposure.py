"""Whether the tutor's secrets can be read by everybody on the tutor's machine.

In the container nobody but root comes as far as their folder; on the machine outside their modes
decide.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from classroom.paths import Paths

PUBLIC = {".crt", ".md"}
"""Endings of what is nobody's secret: certificates, and our own README."""


def found(paths: Paths) -> dict[str, int]:
    """Return the modes of the tutor's files that hold secrets, by the tutor's name for them."""
    files: Iterable[Path] = (paths.config_file, *sorted(paths.secrets.glob("*")))
    return {
        str(file.relative_to(paths.config)): file.stat().st_mode
        for file in files
        if file.is_file() and file.suffix not in PUBLIC
    }


def warnings(modes: Mapping[str, int]) -> list[str]:
    """Word which files others may read, and how to mend it: a sentence each.

    Args:
        modes: by the tutor's name for the file.
    """
    return [
        f"{name} is readable for others on this machine: chmod 600 {name}"
        for name, mode in modes.items()
        if mode & stat.S_IROTH
    ]
