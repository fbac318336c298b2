"""Replace the current data by a backup that was unpacked, before any process starts.

First all current data is moved aside, then the backup is moved in. If a step is interrupted, the
next start continues with it. Nothing is deleted.
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
"""A file with the name of the folder that the current data is moved into."""

NOT_PLACED = "not-placed"
MARK = "restored"
"""A file in the Hub's folder. Each restore of a backup writes a new random word into it."""


def take_place(paths: Paths) -> Path | None:
    """Replace the current data by the backup that is ready.

    Args:
        paths: where things are; no process that uses them may run.

    Returns:
        The folder with the data that was there before; None if no backup was ready.

    Raises:
        OSError: something can't be moved.
    """
    ready, moving = paths.incoming / READY, paths.incoming / MOVING
    if not ready.is_dir() and not moving.is_dir():
        return None
    aside = paths.kept / (paths.incoming / ASIDE).read_text(encoding="utf-8")
    # What Docker has mounted there stays: it is not on the volume.
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

    The lab compares it to find pages that were opened before the restore. Their documents have text
    that the backup does not have.

    Args:
        paths: where things are.
    """
    with suppress(FileNotFoundError):
        return (paths.hub / MARK).read_text(encoding="ascii")
    return ""


def move(source: Path, to: Path, stay: Collection[Path]) -> None:
    """Move everything in a folder into another folder on the same disk.

    Args:
        source: the folder.
        to: the other folder, which may exist. Of folders that exist in both only the content is
            moved.
        stay: paths, relative to both folders, that stay where they are, with the folders around.
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
    """Make a folder with the same owner and mode."""
    found = folder.stat()
    made.mkdir(mode=0o700, exist_ok=True)
    os.chown(made, 0, 0)
    made.chmod(found.st_mode & 0o7777)
    os.chown(made, found.st_uid, found.st_gid)


def _empty(folder: Path) -> None:
    """Remove folders that are empty now."""
    for parent, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):
            Path(parent).rmdir()
