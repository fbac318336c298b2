"""Read the tutor's files, and write our own whole; errors name the file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from classroom.runtime.problems import Problem, StartRefusedError


def present(file: Path, name: str) -> bool:
    """Say whether a file of the tutor's is there.

    Args:
        file: its path.
        name: the tutor's name for it.

    Raises:
        StartRefusedError: it is a link out of the mounted folder, which the container can't follow,
            or the folder can't be entered. That is not the same as no file.
    """
    try:
        if file.is_symlink() and not file.exists():
            what = f"points to {file.readlink()}, which is not in the container"
            raise StartRefusedError(
                [Problem(name, what, "copy the file here instead of linking it")]
            )
        file.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise unreadable(name, error) from None
    return True


def read(file: Path, name: str) -> bytes:
    """Read a file of the tutor's.

    Args:
        file: its path.
        name: the tutor's name for it.

    Raises:
        StartRefusedError: it can't be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise unreadable(name, error) from None


def unreadable(name: str, error: OSError) -> StartRefusedError:
    """Describe the problem that a file can't be read."""
    what = f"can't be read ({error.strerror})"
    return StartRefusedError(
        [Problem(name, what, "make it a file that root in the container may read")]
    )


def write_private(file: Path, text: bytes) -> None:
    """Write a file that only its owner may read, in one step.

    Args:
        file: its path, in a directory that nobody else may write.
        text: its content.

    Raises:
        OSError: it can't be written, as on a full disk.
    """
    descriptor, new = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(new).replace(file)
    except OSError:
        Path(new).unlink(missing_ok=True)
        raise


def write_for(file: Path, text: bytes) -> None:
    """Write a file for the users who may enter its directory, which another user may own.

    Write it whole, and never through a link that the directory's owner could have put there.

    Args:
        file: its path.
        text: its content.
    """
    descriptor, new = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(text)
            os.fchmod(stream.fileno(), 0o644)
        Path(new).replace(file)
    except OSError:
        Path(new).unlink(missing_ok=True)
        raise
