"""Check whether other users of the tutor's machine can read or replace the tutor's secrets.

In the container only root can enter their folder. On the machine outside, the files' modes decide.
Kubernetes mounts files from a folder of the node that only root can enter, so there the modes do
not matter.
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
"""Suffixes of files that are not secret: certificates, and our own README."""
CLIENT_SECRET = b"GITHUB_CLIENT_SECRET="
MOST_FILES = 1000


def found(paths: Paths) -> dict[str, int]:
    """Return the modes of files and folders with secrets, by path in the tutor's folder.

    Folders count, because a user who may write to a folder can replace its files.
    """
    places = []
    if not _is_of_kubernetes(paths.config):
        places += [paths.config, paths.config_file]
    if not _is_of_kubernetes(paths.secrets):
        places += [paths.secrets, *_below(paths.secrets)]
    if _names_a_secret(environment := paths.config / ".env"):
        places.append(environment)
    modes = {}
    for place in places:
        with contextlib.suppress(OSError):
            mode = place.stat().st_mode
            if stat.S_ISDIR(mode) or (stat.S_ISREG(mode) and place.suffix not in PUBLIC):
                modes[str(place.relative_to(paths.config))] = mode
    return modes


def _is_of_kubernetes(folder: Path) -> bool:
    """Check whether a folder is a ConfigMap's or a Secret's: a link leads to its content."""
    return (folder / "..data").is_symlink()


def _below(folder: Path) -> list[Path]:
    """List a folder with its subfolders, without following links to folders."""
    every = (
        Path(where) / name
        for where, folders, names in os.walk(folder)
        for name in sorted([*folders, *names])
    )
    return sorted(itertools.islice(every, MOST_FILES))


def _names_a_secret(file: Path) -> bool:
    """Check whether a file of variables, which compose reads, contains the client secret."""
    try:
        return any(
            line.strip().startswith(CLIENT_SECRET) for line in file.read_bytes().splitlines()
        )
    except OSError:
        return False


def warnings(modes: Mapping[str, int]) -> list[str]:
    """Describe each file that others may read or replace, with the fix, in a sentence.

    Args:
        modes: by path in the tutor's folder.
    """
    readable = [
        f"{name} can be read by others on this machine: chmod 600 {name}"
        for name, mode in modes.items()
        if mode & stat.S_IROTH and not stat.S_ISDIR(mode)
    ]
    replaceable = [
        f"{_named(name)} can be changed by others on this machine: chmod o-w {name}"
        for name, mode in modes.items()
        # For files that others may also read, the fix above is enough.
        if mode & stat.S_IWOTH and (stat.S_ISDIR(mode) or not mode & stat.S_IROTH)
    ]
    return readable + replaceable


def _named(name: str) -> str:
    return "the folder of the configuration" if name == "." else name
