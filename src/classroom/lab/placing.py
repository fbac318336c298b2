"""Put files into the class's folders, wherever students make their paths lead meanwhile.

Folders are held open one by one, from the root of the class's files on, and no link is followed:
what is renamed or replaced later doesn't matter, because a name is only ever looked up in a folder
that is held.
"""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.lab.whole import NEW_FILE_MODE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

NEW_FOLDER_MODE = 0o2775
PIECE = 1 << 20


@contextlib.contextmanager
def folder(root: Path, parts: tuple[str, ...], *, make: bool = True) -> Iterator[int]:
    """Hold a folder open.

    Args:
        root: of the class's files.
        parts: names of folders from there on.
        make: whether to make those that aren't there.

    Yields:
        Its descriptor.

    Raises:
        OSError: one of them is a link or a file, or may not be entered.
    """
    held = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in parts:
            below = _enter(held, name, make=make)
            os.close(held)
            held = below
        yield held
    finally:
        os.close(held)


def _enter(held: int, name: str, *, make: bool) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(name, flags, dir_fd=held)
    except FileNotFoundError:
        if not make:
            raise
        os.mkdir(name, 0o700, dir_fd=held)
        made = os.open(name, flags, dir_fd=held)
        with contextlib.suppress(PermissionError):  # somebody has put theirs in its place
            os.fchmod(made, NEW_FOLDER_MODE)
        return made
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENOTDIR}:
            raise NotADirectoryError(error.errno, "there is a link or a file now", name) from None
        raise


class Scratch:
    """A new file that nobody sees until it has a place; it is on the same disk."""

    def __init__(self, folder: Path, content: IO[bytes], *, executable: bool) -> None:
        """Write it, down to the disk.

        Args:
            folder: for files that aren't finished, nobody else's.
            content: read to its end.
            executable: whether it is a program.

        Raises:
            OSError: the disk is full.
        """
        descriptor, name = tempfile.mkstemp(dir=folder)
        self.path = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                while piece := content.read(PIECE):
                    stream.write(piece)
                os.fchmod(stream.fileno(), NEW_FILE_MODE | (0o111 if executable else 0))
                stream.flush()
                os.fsync(stream.fileno())
        except BaseException:
            self.drop()
            raise

    def drop(self) -> None:
        """Remove it, if it has no place."""
        self.path.unlink(missing_ok=True)

    def place(self, root: Path, parts: tuple[str, ...]) -> None:
        """Give it its place, instead of a file or link that is there.

        Args:
            root: of the class's files.
            parts: folders from there on, then its own name.

        Raises:
            OSError: it can't be put there; what is there stays.
        """
        with folder(root, parts[:-1]) as held:
            with contextlib.suppress(PermissionError):  # a group that we aren't in
                os.chown(self.path, -1, os.fstat(held).st_gid)
            os.replace(self.path, parts[-1], dst_dir_fd=held)
            os.fsync(held)


def place_link(scratch: Path, target: str, root: Path, parts: tuple[str, ...]) -> None:
    """Put a link in its place; it is followed by nobody here.

    Args:
        scratch: folder for what isn't finished.
        target: where it points to.
        root: of the class's files.
        parts: folders from there on, then its own name.

    Raises:
        OSError: it can't be put there; what is there stays.
    """
    made = Path(tempfile.mktemp(dir=scratch))  # noqa: S306 (a folder of our own)
    made.symlink_to(target)
    try:
        with folder(root, parts[:-1]) as held:
            os.replace(made, parts[-1], dst_dir_fd=held)
    finally:
        made.unlink(missing_ok=True)
