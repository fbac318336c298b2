"""``classroom backup`` and ``classroom restore-backup``, run as root by ``docker exec``."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sqlite3
import sys
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.backup import manifest, swap
from classroom.backup.archive import ArchiveWriter
from classroom.backup.extract import unpack
from classroom.backup.manifest import FORMAT, Manifest, NotABackupError
from classroom.runtime import layout, volume_format, volume_reserve
from classroom.runtime.problems import StartRefusedError
from classroom.snapshots import lock, mounts

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths

COMPRESSION = 1
"""The level of gzip. Snapshots are most of a backup, and are already compressed."""

UNPACKED = "unpacked"
NEWER = "was made by release {} of this lab, which is newer than this one: restore it there"


def warn(text: str) -> None:
    """Print to standard error: standard output is the archive."""
    print(text, file=sys.stderr)


def write(paths: Paths) -> int:
    """Write everything to standard output; return the exit code.

    Args:
        paths: where things are.
    """
    if sys.stdout.isatty():
        warn("The backup goes to standard output: redirect it to a file.")
        return 1
    try:
        with (
            contextlib.ExitStack() as held,
            tempfile.TemporaryDirectory(dir=_scratch(paths), prefix=".backup-") as scratch,
            tarfile.open(
                fileobj=sys.stdout.buffer, mode="w|gz", compresslevel=COMPRESSION
            ) as archive,
        ):
            for one in (paths.snapshots, *sorted(paths.labs.glob(f"*/{paths.snapshots.name}"))):
                held.enter_context(lock.together(one))
            hidden = f"hub/{Path(scratch).name}"
            skipped = {*manifest.LEFT_OUT, *mounts.now_below(paths.data), hidden}
            _write(ArchiveWriter(archive, Path(scratch), skipped, warn), paths)
    except (OSError, sqlite3.Error) as error:
        warn(f"The backup failed: {error}.")
        return 1
    return 0


def _scratch(paths: Paths) -> Path | None:
    """Choose the folder for copies of databases: outside a volume that is full."""
    return None if volume_reserve.is_full(paths.hub) else paths.hub


def _write(writer: ArchiveWriter, paths: Paths) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    writer.text(manifest.FIRST, Manifest(FORMAT, now).encode())
    # Databases first, files last: a file may have text that its document's history lacks.
    first, last = (paths.hub.name, paths.history.name), paths.files.name
    found = sorted(path.name for path in paths.data.iterdir())
    others = [name for name in found if name not in {*first, last}]
    root = os.open(paths.data, os.O_RDONLY | os.O_DIRECTORY)
    for name in (*first, *others, last):
        writer.add(root, name, name, None if name == last else paths.data / name)
    writer.text(manifest.LAST, json.dumps({"made": now}).encode())


def _check_format(unpacked: Path) -> None:
    """Check that this lab can use a backup's data.

    Raises:
        NotABackupError: a newer lab has written it.
        StartRefusedError: the backup's file that names its format is damaged.
        OSError: that file can't be read.
    """
    if volume_format.is_newer(said := volume_format.read(unpacked)):
        raise NotABackupError(NEWER.format(said.release))


def take_in(paths: Paths) -> int:
    """Read an archive from standard input; return the exit code.

    This changes nothing in the current data: the next start replaces it.

    Args:
        paths: where things are.
    """
    incoming = paths.incoming
    try:
        incoming.mkdir(mode=0o700, exist_ok=True)
        alone = os.open(incoming, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if any((incoming / name).exists() for name in (swap.READY, swap.MOVING)):
            warn("Another backup already waits for the next start: start the lab first.")
            return 1
        unpacked = incoming / UNPACKED
        layout.clear(unpacked)  # left by a restore that was killed
        found = unpack(sys.stdin.buffer, unpacked)
        _check_format(unpacked)
        name = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S")
        (incoming / swap.ASIDE).write_text(name, encoding="utf-8")
        unpacked.rename(incoming / swap.READY)
    except BlockingIOError:
        warn("Nothing was changed: another restore-backup is running.")
        return 1
    except NotABackupError as error:
        layout.clear(unpacked)
        warn(f"Nothing was changed: the file {error}.")
        return 1
    except StartRefusedError as error:
        layout.clear(unpacked)
        warn(f"Nothing was changed: {error}")
        return 1
    except OSError as error:
        warn(f"Nothing was changed: the backup could not be unpacked ({error.strerror or error}).")
        return 1
    print(
        f"The backup of {found.made} replaces all data at the next start; "
        f"the current data is kept in {paths.kept / name}."
    )
    return 0
