"""Put restored files into the class's folders, without following links on their paths."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import IO, TYPE_CHECKING

from classroom.lab.files.atomic_write import NEW_FILE_MODE, Scratch
from classroom.lab.files.directory_entry import FOLDER, DirectoryEntry

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import Parts


class Restored:
    """A file from a snapshot that isn't at its place yet."""

    def __init__(self, folder: Path, content: IO[bytes], *, executable: bool) -> None:
        """Write the file, and flush it to the disk.

        Args:
            folder: a folder for unfinished files on the same disk, which only the lab uses.
            content: read to its end.
            executable: whether the file is executable.

        Raises:
            OSError: the disk is full.
        """
        self._folder = os.open(folder, FOLDER)
        try:
            mode = NEW_FILE_MODE | (0o111 if executable else 0)
            self._scratch = Scratch(self._folder, content, mode)
        except BaseException:
            os.close(self._folder)
            raise
        self.path = folder / self._scratch.name
        """Its path until it is moved to its place."""

    def drop(self) -> None:
        """Remove the file, unless it was moved to its place."""
        self._scratch.drop()
        os.close(self._folder)

    def place(self, root: Root, parts: Parts) -> None:
        """Move the file to its place, and replace a file or link that is there.

        Args:
            root: the folder of the class's files.
            parts: the path of the place.

        Raises:
            OSError: it can't be put there; what is there stays.
        """
        with root.made(parts[:-1]) as held:
            self._scratch.put(DirectoryEntry(held, parts[-1]))


def place_link(target: str, root: Root, parts: Parts) -> None:
    """Create a link at its place; the lab doesn't follow it.

    Args:
        target: the link's target.
        root: the folder of the class's files.
        parts: the path of the place.

    Raises:
        OSError: it can't be put there; what is there stays.
    """
    made = f".~{secrets.token_hex(8)}"
    with root.made(parts[:-1]) as held:
        # Create it in the same folder: not every kernel allows a move from the lab's own folder.
        os.symlink(target, made, dir_fd=held)
        try:
            os.replace(made, parts[-1], src_dir_fd=held, dst_dir_fd=held)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(made, dir_fd=held)
