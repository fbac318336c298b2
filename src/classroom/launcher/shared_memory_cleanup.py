"""Remove shared memory that no process uses any more, always as its owner, a student."""

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
"""Files and folders that are checked at a time: a student can make any number of them."""
LONGEST_PATH_CHARACTERS = 1000
"""The length of a folder's path up to which it is followed: the system's limit is 4096."""


@dataclass(frozen=True)
class File:
    """A file in a tmpfs that no process has open or mapped.

    Attributes:
        path: its path.
        number: its inode's number.
        changed: its change time (ctime), in seconds since 1970, which nobody can set.
    """

    path: Path
    number: int
    changed: float


def unused(folder: Path, in_use: Collection[int]) -> Iterator[File]:
    """Yield the files that no process has open or mapped; call it as their user.

    Args:
        folder: a tmpfs.
        in_use: the numbers of the files that processes have open or mapped.
    """
    looked = 0
    for where, folders, names in os.walk(folder):
        looked += 1
        if len(where) > LONGEST_PATH_CHARACTERS:
            # The path would become too long: the next call checks this folder from the top.
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
        Whether it is removed from there; its memory is not free if it has other names.
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
    """Shared memory that a lab's code has left behind."""

    def __init__(self, user: UnixUser, log: Logger) -> None:
        """Begin without any.

        Args:
            user: the user of a lab's code.
            log: for lines about removed memory.
        """
        self._user = user
        self._log = log
        self._since: dict[int, float] = {}

    def remove_segments(self, running: Collection[int], fresh: float) -> None:
        """Remove System V segments that no process uses any more; call it as their owner.

        Args:
            running: the ids of students' processes.
            fresh: the age in seconds from which a segment counts as left behind.
        """
        left = shared_memory.left_behind(
            shared_memory.segments(), self._user.uid, running, time.time() - fresh
        )
        gone = [segment for segment in left if shared_memory.remove(segment)]
        if gone:
            self._log.info("Removed %d segments of shared memory that were left behind", len(gone))

    def abandoned(self, found: Collection[File], now: float) -> list[File]:
        """Choose the files that no process is about to pass on.

        A file that somebody changes again and again is chosen too, after it has been unused for
        long enough.

        Args:
            found: files that no process has open or mapped.
            now: the time, in seconds since 1970.
        """
        self._since = {one.number: self._since.get(one.number, now) for one in found}
        return [
            one
            for one in found
            if now - min(one.changed, self._since[one.number]) >= PRESSED_SECONDS
        ]

    def remove(self, in_use: Collection[int], running: Collection[int]) -> None:
        """Remove unused segments, and unused files in /dev/shm, if memory is short.

        The caller measures how much memory that has freed: a file's size does not tell.

        Args:
            in_use: the numbers of the files that processes have open or mapped.
            running: the ids of students' processes.
        """
        with as_student(self._user):
            self.remove_segments(running, PRESSED_SECONDS)
            found = list(unused(SHARED_MEMORY, in_use))
            gone = [one for one in self.abandoned(found, time.time()) if unlink(one.path)]
        if gone:
            self._log.info("Removed %d files of shared memory that were left behind", len(gone))
