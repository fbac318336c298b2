"""Find things in the class's folder, and nothing outside it, whatever links students make.

The lab looks up each name in a folder that it holds open and that is inside the class's folder. So
it doesn't matter if a student renames something, or replaces it with a link, while the lab follows
a path: the lab never checks a path first and opens it again later.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.lab.files.directory_entry import FOLDER, DirectoryEntry, NoFolderError
from classroom.lab.files.walk import Walk
from classroom.runtime import volume_reserve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classroom.lab.files.directory_entry import Parts
    from classroom.lab.files.walk import LookupBudget

MOST_KEPT = 0.25
"""Largest share of a small disk that is kept free."""
NEW_FOLDER_MODE = 0o2775
OPENAT2 = 437
"""The system call's number, the same on every architecture; the C library has no function."""
BENEATH, NO_MAGIC = 0x08, 0x02
NOT_HERE = {errno.ENOSYS, errno.EPERM}
"""Errors of openat2 on an old kernel, or in a container whose filter forbids it."""
UNDECIDED = {errno.EXDEV, errno.ELOOP, errno.EAGAIN, *NOT_HERE}
"""Errors of openat2 for paths that may still stay inside: `Walk` decides."""
_libc = ctypes.CDLL(None, use_errno=True)


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def _openat2(folder: int, path: str) -> int:
    """Open a folder beneath another; don't follow links that lead out, or magic links."""
    how = _How(FOLDER, 0, BENEATH | NO_MAGIC)
    size = ctypes.c_size_t(ctypes.sizeof(how))
    found = _libc.syscall(
        ctypes.c_long(OPENAT2), ctypes.c_int(folder), os.fsencode(path), ctypes.byref(how), size
    )
    if found < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
    return int(found)


class Root:
    """The class's folder, held open.

    Attributes:
        path: the folder.
        known_as: other paths that lead to it, which only root can change; links may use them.
        reserve: bytes of its disk to keep free (`classroom.lab.files.disk_reserve`).
    """

    def __init__(self, path: Path | str, known_as: tuple[Path, ...] = (), reserve: int = 0) -> None:
        """Open the folder.

        Args:
            path: the folder's path; nobody else can exchange it.
            known_as: other paths that lead to the folder.
            reserve: bytes of its disk to keep free.

        Raises:
            OSError: the folder isn't there.
        """
        self.path = Path(path)
        self.reserve = reserve
        self.known_as = (self.path, *known_as)
        self._folder = os.open(self.path, FOLDER)
        self._has_openat2 = True

    def __del__(self) -> None:
        """Close the folder."""
        if hasattr(self, "_folder"):
            os.close(self._folder)

    def space(self) -> tuple[int, int]:
        """Say how many bytes of its disk are free, and how many must stay free."""
        found = volume_reserve.space(self._folder)
        kept = max(found.kept, min(self.reserve, int(found.total * MOST_KEPT)))
        # If the disk has no inode for another file, its free bytes are useless.
        return (0 if self.is_full else found.free), kept

    @property
    def folder(self) -> int:
        """The folder's descriptor."""
        return self._folder

    @property
    def is_full(self) -> bool:
        """Whether its disk has no room even for what people type."""
        return volume_reserve.is_full(self._folder)

    def inside(self, target: str) -> Parts | None:
        """Turn an absolute path into one below the class's folder; None if it leads elsewhere.

        Args:
            target: a link's target, for the walk to follow from the class's folder on.
        """
        names = tuple(name for name in target.split("/") if name)
        for path in self.known_as:
            if names[: len(path.parts) - 1] == path.parts[1:]:
                return names[len(path.parts) - 1 :]
        return None

    @contextlib.contextmanager
    def at(
        self, parts: Parts, *, follow: bool = True, names: LookupBudget | None = None
    ) -> Iterator[DirectoryEntry]:
        """Find the place of something, which needn't exist.

        Args:
            parts: its path.
            follow: whether to follow a link at the end; links on the way are always followed.
            names: how many names may still be looked up, shared with other paths; None for a budget
                of its own.

        Yields:
            The place. With `follow` it isn't a link, unless a program puts one there later.

        Raises:
            LeadsOutError: a link leads out of the class's files.
            OSError: a folder on the path isn't there, or can't be entered.
        """
        if names is None:
            place = self._find(parts, follow=follow)
        else:
            place = Walk(self, self._folder, parts, names).go(follow=follow)
        try:
            yield place
        finally:
            os.close(place.folder)

    @contextlib.contextmanager
    def made(self, parts: Parts) -> Iterator[int]:
        """Open a folder, and create it and its parents if they are missing; follow no link.

        Args:
            parts: its path.

        Yields:
            Its descriptor.

        Raises:
            NoFolderError: one of the names is a link or a file.
            OSError: a folder can't be entered.
        """
        held = os.open(".", FOLDER, dir_fd=self._folder)
        try:
            for depth, name in enumerate(parts, 1):
                try:
                    below = _enter(held, name)
                except OSError as error:
                    if error.errno in {errno.ELOOP, errno.ENOTDIR}:
                        raise NoFolderError("/".join(parts[:depth])) from None
                    raise
                os.close(held)
                held = below
            yield held
        finally:
            os.close(held)

    def _find(self, parts: Parts, *, follow: bool) -> DirectoryEntry:
        folder = self._enter(parts[:-1]) if parts else None
        if folder is None:
            return Walk(self, self._folder, parts).go(follow=follow)
        place = DirectoryEntry(folder, parts[-1])
        try:
            if not follow or place.link() is None:
                return place
        except BaseException:
            os.close(folder)
            raise
        os.close(folder)
        return Walk(self, self._folder, parts).go(follow=follow)

    def _enter(self, parts: Parts) -> int | None:
        """Find a folder with openat2; None if only `Walk` can decide."""
        if not self._has_openat2:
            return None
        try:
            return _openat2(self._folder, "/".join(parts) or ".")
        except OSError as error:
            if error.errno in NOT_HERE:
                self._has_openat2 = False
            if error.errno in UNDECIDED:
                return None
            raise


def _enter(held: int, name: str) -> int:
    flags = FOLDER | os.O_NOFOLLOW
    try:
        return os.open(name, flags, dir_fd=held)
    except FileNotFoundError:
        with contextlib.suppress(FileExistsError):  # another program was faster
            os.mkdir(name, 0o700, dir_fd=held)
        # Open it as a folder: fchmod fails if a student has put another one in its place.
        made = os.open(name, flags & ~os.O_PATH, dir_fd=held)
        with contextlib.suppress(PermissionError):
            os.fchmod(made, NEW_FOLDER_MODE)
        return made
