"""The folders of assignments, which the lab server alone enters, and new ones in them; blocking."""

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
"""How a folder's name begins while it is made."""


class Folders:
    """Those of all assignments."""

    def __init__(self, place: Path) -> None:
        """Know where they are.

        Args:
            place: a path in a folder that only the lab server can enter.
        """
        self.place = place

    @contextlib.contextmanager
    def held(self, *names: str, make: bool = False) -> Iterator[int]:
        """Hold one of them.

        Args:
            names: the assignment's, and those of folders in it, one below the other.
            make: whether to make what is missing.

        Raises:
            OSError: there is none.
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
    """Return a place where there is nothing.

    Args:
        held: the folder.
    """
    return DirectoryEntry(held, f"{NEW}{secrets.token_hex(8)}")


def names_in(held: int) -> list[str]:
    """List what is in a folder.

    Args:
        held: the folder.
    """
    return [one.name for one in tree.entries(DirectoryEntry(held, "."), 0)]
