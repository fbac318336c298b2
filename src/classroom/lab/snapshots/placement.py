"""Put what is restored into the class's folders: no link is followed to where it was."""

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
    """A file from a snapshot that has no place yet."""

    def __init__(self, folder: Path, content: IO[bytes], *, executable: bool) -> None:
        """Write it, down to the disk.

        Args:
            folder: for files that aren't finished, nobody else's, on the same disk.
            content: read to its end.
            executable: whether it is a program.

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
        """Where it is until it has its place."""

    def drop(self) -> None:
        """Remove it, if it has no place."""
        self._scratch.drop()
        os.close(self._folder)

    def place(self, root: Root, parts: Parts) -> None:
        """Give it its place, instead of a file or link that is there.

        Args:
            root: the folder of the class's files.
            parts: folders from there on, then its own name.

        Raises:
            OSError: it can't be put there; what is there stays.
        """
        with root.made(parts[:-1]) as held:
            self._scratch.put(DirectoryEntry(held, parts[-1]))


def place_link(target: str, root: Root, parts: Parts) -> None:
    """Put a link in its place; it is followed by nobody here.

    Args:
        target: where it points to.
        root: the folder of the class's files.
        parts: folders from there on, then its own name.

    Raises:
        OSError: it can't be put there; what is there stays.
    """
    made = f".~{secrets.token_hex(8)}"
    with root.made(parts[:-1]) as held:
        # Made beside its place: from the lab's own folder not every kernel lets it be moved here.
        os.symlink(target, made, dir_fd=held)
        try:
            os.replace(made, parts[-1], src_dir_fd=held, dst_dir_fd=held)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(made, dir_fd=held)
