"""Whether the tutor's secrets can be read by everybody on the tutor's machine.

In the container nobody but root comes as far as their folder; on the machine outside their modes
decide.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.runtime.paths import Paths

PUBLIC = {".crt", ".md"}
"""Endings of what is nobody's secret: certificates, and our own README."""
CLIENT_SECRET = b"GITHUB_CLIENT_SECRET="
MOST = 1000
"""Files that are looked at."""


def found(paths: Paths) -> dict[str, int]:
    """Return the modes of what holds the tutor's secrets, by the tutor's name for it.

    Files, and the folders that they are in: whoever may write there puts others in their place.
    """
    places = [paths.config, paths.config_file, paths.secrets, *_below(paths.secrets)]
    if _names_a_secret(environment := paths.config / ".env"):
        places.append(environment)
    modes = {}
    for place in places:
        with contextlib.suppress(OSError):
            mode = place.stat().st_mode
            if stat.S_ISDIR(mode) or (stat.S_ISREG(mode) and place.suffix not in PUBLIC):
                modes[str(place.relative_to(paths.config))] = mode
    return modes


def _below(folder: Path) -> list[Path]:
    """List what is in a folder and in its folders; no link to a folder is followed."""
    every = (
        Path(where) / name
        for where, folders, names in os.walk(folder)
        for name in sorted([*folders, *names])
    )
    return sorted(itertools.islice(every, MOST))


def _names_a_secret(file: Path) -> bool:
    """Say whether a file of variables, which compose reads, has the client secret in it."""
    try:
        return any(
            line.strip().startswith(CLIENT_SECRET) for line in file.read_bytes().splitlines()
        )
    except OSError:
        return False


def warnings(modes: Mapping[str, int]) -> list[str]:
    """Word what others may read or replace, and how to mend it: a sentence each.

    Args:
        modes: by the tutor's name for the file or folder.
    """
    readable = [
        f"{name} can be read by others on this machine: chmod 600 {name}"
        for name, mode in modes.items()
        if mode & stat.S_IROTH and not stat.S_ISDIR(mode)
    ]
    replaceable = [
        f"{_named(name)} can be changed by others on this machine: chmod o-w {name}"
        for name, mode in modes.items()
        # A file that they may read as well is mended above.
        if mode & stat.S_IWOTH and (stat.S_ISDIR(mode) or not mode & stat.S_IROTH)
    ]
    return readable + replaceable


def _named(name: str) -> str:
    return "the folder of the configuration" if name == "." else name
