"""Open and create the folders of assignments, which only the lab server can enter; blocking."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

from classroom.lab.files import tree
from classroom.lab.files.directory_entry import DirectoryEntry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEW = ".new-"
"""Beginning of a folder's name until the folder is complete."""


class Folders:
    """The folders of all assignments."""

    def __init__(self, place: Path) -> None:
        """Use a place.

        Args:
            place: a path in a folder that only the lab server can enter.
        """
        self.place = place

    @contextlib.contextmanager
    def held(self, *names: str, make: bool = False) -> Iterator[int]:
        """Hold a folder open.

        Args:
            *names: the assignment's name, and the names of folders in it, one below the other.
            make: whether to create missing folders.

        Raises:
            OSError: there is no such folder.
        """
        where = self.place.joinpath(*names)
        if make:
            where.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = os.open(where, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            yield held
        finally:
            os.close(held)


def new(held: int) -> DirectoryEntry:
    """Return a free place for a new folder.

    Args:
        held: the folder's descriptor.
    """
    return DirectoryEntry(held, f"{NEW}{secrets.token_hex(8)}")


def names_in(held: int) -> list[str]:
    """List the names in a folder.

    Args:
        held: the folder's descriptor.
    """
    return [one.name for one in tree.entries(DirectoryEntry(held, "."), 0)]
