"""Write a file as a whole or not at all: whoever reads meanwhile finds the old one or the new."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path

NEW_FILE_MODE = 0o664
"""The class's files are the group's to edit."""


def write(path: str, content: bytes, scratch: Path | None = None) -> None:
    """Put content in a file's place: written, flushed to the disk, then renamed.

    A power cut in between leaves the old file. A program stays one, and a link stays a link.

    Args:
        path: of the file, there or not.
        content: all of it.
        scratch: a folder on the same disk for what isn't finished, out of people's sight; without
            it, or where the disk is another, the file's own folder.

    Raises:
        OSError: it couldn't be written; the old file is as it was.
    """
    target = Path(os.path.realpath(path))
    try:
        # What the lab has written all may edit: its owner is another user than before.
        mode = target.stat().st_mode & 0o777 | NEW_FILE_MODE
    except FileNotFoundError:
        mode = NEW_FILE_MODE
    try:
        _write(target, content, mode, scratch or target.parent)
    except OSError as error:
        if scratch is None or error.errno != errno.EXDEV:
            raise
        _write(target, content, mode, target.parent)


def _write(target: Path, content: bytes, mode: int, folder: Path) -> None:
    descriptor, new = tempfile.mkstemp(dir=folder, prefix=f".~{target.name[:100]}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            with contextlib.suppress(PermissionError):  # a folder of a group that we aren't in
                os.fchown(stream.fileno(), -1, target.parent.stat().st_gid)
            os.fchmod(stream.fileno(), mode)
            stream.flush()
            os.fsync(stream.fileno())
        Path(new).replace(target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(new).unlink()
        raise
    # The rename itself is in the directory.
    directory = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
