"""Shared memory that nobody has any more is removed: always as its owner, a student."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.launcher import shared_memory
from classroom.launcher.as_student import as_student
from classroom.launcher.shared_memory import PRESSED_SECONDS
from classroom.runtime.paths import SHARED_MEMORY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from logging import Logger

    from classroom.runtime.lab_users import UnixUser


MOST_FILES = 20_000
"""Files and folders that are looked at in one go: somebody can make any number of them."""
LONGEST_PATH_CHARACTERS = 1000
"""Characters of a folder's path that are followed: the kernel takes 4096."""


@dataclass(frozen=True)
class File:
    """A file in a tmpfs that nobody has open or mapped.

    Attributes:
        path: where.
        number: its inode's.
        changed: when, in seconds since 1970: of its times the one that nobody can set.
    """

    path: Path
    number: int
    changed: float


def unused(folder: Path, in_use: Collection[int]) -> Iterator[File]:
    """Go through the files that nobody has open or mapped; asked as their user.

    Args:
        folder: a tmpfs.
        in_use: the numbers of files that somebody has.
    """
    looked = 0
    for where, folders, names in os.walk(folder):
        looked += 1
        if len(where) > LONGEST_PATH_CHARACTERS:
            # Further down no path would lead: it is looked at from the top the next time.
            with contextlib.suppress(OSError):
                Path(where).rename(folder / f"deep-{Path(where).lstat().st_ino}")
            folders.clear()
            continue
        for name in names:
            if (looked := looked + 1) > MOST_FILES:
                return
            file = Path(where) / name
            try:
                one = file.lstat()
            except OSError:
                continue
            if stat.S_ISREG(one.st_mode) and one.st_ino not in in_use:
                yield File(file, one.st_ino, one.st_ctime)


def unlink(file: Path) -> bool:
    """Remove a file, also out of a folder that its owner has made read-only.

    Returns:
        Whether it is gone from there; its memory need not be free: it may have other names.
    """
    for writable in (False, True):
        try:
            if writable:
                file.parent.chmod(0o700)
            file.unlink()
        except FileNotFoundError:
            return False
        except OSError:
            continue
        return True
    return False


class Leftovers:
    """What was left behind, and since when it has been."""

    def __init__(self, user: UnixUser, log: Logger) -> None:
        """Know of nothing yet.

        Args:
            user: a lab's for code, who has left it.
            log: where to say what was removed.
        """
        self._user = user
        self._log = log
        self._since: dict[int, float] = {}

    def remove_segments(self, running: Collection[int], fresh: float) -> None:
        """Remove System V segments that nobody has any more; as their owner.

        Args:
            running: the process ids of students'.
            fresh: seconds for which one may be there before it is taken for left behind.
        """
        left = shared_memory.left_behind(
            shared_memory.segments(), self._user.uid, running, time.time() - fresh
        )
        gone = [segment for segment in left if shared_memory.remove(segment)]
        if gone:
            self._log.info("Removed %d segments of shared memory that were left behind", len(gone))

    def abandoned(self, found: Collection[File], now: float) -> list[File]:
        """Choose what nobody is about to hand on.

        Whoever goes on changing a file doesn't keep it for good: that nobody has had it for so long
        is enough.

        Args:
            found: files that nobody has.
            now: seconds since 1970.
        """
        self._since = {one.number: self._since.get(one.number, now) for one in found}
        return [
            one
            for one in found
            if now - min(one.changed, self._since[one.number]) >= PRESSED_SECONDS
        ]

    def remove(self, in_use: Collection[int], running: Collection[int]) -> None:
        """Remove segments, and files in /dev/shm, that nobody has, when memory is short.

        What that has freed is for the caller to measure: a file says nothing that can be believed.

        Args:
            in_use: the numbers of files that somebody has.
            running: the process ids of students'.
        """
        with as_student(self._user):
            self.remove_segments(running, PRESSED_SECONDS)
            found = list(unused(SHARED_MEMORY, in_use))
            gone = [one for one in self.abandoned(found, time.time()) if unlink(one.path)]
        if gone:
            self._log.info("Removed %d files of shared memory that were left behind", len(gone))
