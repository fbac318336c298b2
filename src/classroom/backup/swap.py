"""Put a backup that was taken in into the place of everything, before anything is started.

Each step can be broken off and is taken up again at the next start: what was there is moved aside
first, all of it, and only then the new is moved in. Nothing is deleted.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.backup.manifest import LEFT_OUT
from classroom.runtime import files
from classroom.snapshots import mounts

if TYPE_CHECKING:
    from collections.abc import Collection

    from classroom.runtime.paths import Paths

READY, MOVING = "ready", "moving"
ASIDE = "aside"
"""A file with the name of the folder that takes what was there."""

NOT_PLACED = "not-placed"
MARK = "restored"
"""A file of the Hub's folder: each backup that is restored writes another word into it."""


def take_place(paths: Paths) -> Path | None:
    """Put what is ready in place.

    Args:
        paths: where things are; nothing that uses them may run.

    Returns:
        Where that is now which was there before; None when nothing was ready.

    Raises:
        OSError: something can't be moved.
    """
    ready, moving = paths.incoming / READY, paths.incoming / MOVING
    if not ready.is_dir() and not moving.is_dir():
        return None
    aside = paths.kept / (paths.incoming / ASIDE).read_text(encoding="utf-8")
    # What Docker has mounted there stays: it is not the volume's.
    mounted = {Path(name) for name in mounts.now_below(paths.data)}
    if ready.is_dir():
        paths.kept.mkdir(mode=0o700, exist_ok=True)
        move(paths.data, aside, {*map(Path, LEFT_OUT), *mounted})
        ready.rename(moving)
    move(moving, paths.data, mounted)
    paths.hub.mkdir(mode=0o700, exist_ok=True)
    files.write_private(paths.hub / MARK, secrets.token_hex(8).encode())
    _empty(moving)
    if moving.exists():  # in the way of a mount
        moving.rename(aside / NOT_PLACED)
    (paths.incoming / ASIDE).unlink()
    return aside


def mark(paths: Paths) -> str:
    """Return the mark of the backup that was restored last; "" if none ever was.

    Pages that were opened before have words that the backup hasn't.

    Args:
        paths: where things are.
    """
    with suppress(FileNotFoundError):
        return (paths.hub / MARK).read_text(encoding="ascii")
    return ""


def move(source: Path, to: Path, stay: Collection[Path]) -> None:
    """Move everything that is in a folder into another on the same disk.

    Args:
        source: the folder.
        to: the other, there or not; of folders that are there only the content is moved.
        stay: what stays where it is, as paths from both folders on; what is around it stays too.
    """
    to.mkdir(mode=0o700, exist_ok=True)
    for name in sorted(path.name for path in source.iterdir()):
        within = [path.relative_to(name) for path in stay if path.is_relative_to(name)]
        if Path() in within:
            continue
        if within and (source / name).is_dir() and not (source / name).is_symlink():
            _like(source / name, to / name)
            move(source / name, to / name, within)
        else:
            (source / name).rename(to / name)


def _like(folder: Path, made: Path) -> None:
    """Make a folder of the same owner and mode."""
    found = folder.stat()
    made.mkdir(mode=0o700, exist_ok=True)
    os.chown(made, 0, 0)
    made.chmod(found.st_mode & 0o7777)
    os.chown(made, found.st_uid, found.st_gid)


def _empty(folder: Path) -> None:
    """Remove folders that have nothing in them any more."""
    for parent, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):
            Path(parent).rmdir()
