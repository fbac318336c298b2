"""Find a file that a program has moved: its path changes, its device and inode do not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from classroom.lab.files.directory_entry import Place

if TYPE_CHECKING:
    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import Parts

Identity = tuple[int, int]
"""Device and inode of a file."""
MOST_ENTRIES = 200_000
"""Names that are looked at, a tenth of a second's work."""
DEEPEST = 50


def identity(root: Root, parts: Parts) -> Identity | None:
    """Identify a file; None if it isn't there.

    Args:
        root: the class's folder.
        parts: the path; links are followed.
    """
    try:
        with root.at(parts) as place:
            found = place.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def find(root: Root, wanted: Identity) -> Parts | None:
    """Look for a file in all folders that people see; no link is followed.

    Args:
        root: the class's folder.
        wanted: the file's.

    Returns:
        Its path; None where it isn't any more, or only in a hidden folder, such as the trash.
    """
    left = MOST_ENTRIES
    with root.at(()) as top:
        waiting: list[tuple[int, Parts]] = [(top.open(os.O_RDONLY | os.O_DIRECTORY), ())]
    try:
        while waiting:
            folder, parts = waiting.pop()
            try:
                with os.scandir(folder) as scan:
                    for entry in scan:
                        left -= 1
                        if left < 0:
                            return None
                        if entry.name.startswith("."):
                            continue
                        if entry.inode() == wanted[1] and _is(folder, entry.name, wanted):
                            return (*parts, entry.name)
                        if entry.is_dir(follow_symlinks=False) and len(parts) < DEEPEST:
                            _enter(folder, entry.name, parts, waiting)
            finally:
                os.close(folder)
    finally:
        for folder, _ in waiting:
            os.close(folder)
    return None


def _is(folder: int, name: str, wanted: Identity) -> bool:
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    return (found.st_dev, found.st_ino) == wanted


def _enter(folder: int, name: str, parts: Parts, waiting: list[tuple[int, Parts]]) -> None:
    try:
        below = Place(folder, name).open(os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return  # it has gone, or lets nobody in
    waiting.append((below, (*parts, name)))
