"""Find things in the class's folder, and nothing outside it, wherever students make paths lead.

A name is only ever looked up in a folder that is held open, and found to be one of the class's.
What is renamed, or exchanged for a link, while a path is being followed changes nothing about that:
there is no check of a path that is opened later.
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
"""Of a small disk no more stays free than this share."""
NEW_FOLDER_MODE = 0o2775
OPENAT2 = 437
"""The system call's number, the same on every architecture; the C library has no function."""
BENEATH, NO_MAGIC = 0x08, 0x02
NOT_HERE = {errno.ENOSYS, errno.EPERM}
"""What an old kernel, or a container's filter, says of openat2."""
UNDECIDED = {errno.EXDEV, errno.ELOOP, errno.EAGAIN, *NOT_HERE}
"""What openat2 says of a way that our own walk may still find to stay inside."""
_libc = ctypes.CDLL(None, use_errno=True)


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def _openat2(folder: int, path: str) -> int:
    """Open a folder beneath another; links that lead out, and the kernel's magic ones, don't."""
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
        known_as: other paths that lead to it, all of them root's: what links may call it.
        reserve: bytes of its disk that stay free (`classroom.lab.files.disk_reserve`).
    """

    def __init__(self, path: Path | str, known_as: tuple[Path, ...] = (), reserve: int = 0) -> None:
        """Hold it.

        Args:
            path: of the folder; nobody else can exchange it.
            known_as: other paths that lead to it.
            reserve: bytes of its disk that stay free.

        Raises:
            OSError: it isn't there.
        """
        self.path = Path(path)
        self.reserve = reserve
        self.known_as = (self.path, *known_as)
        self._folder = os.open(self.path, FOLDER)
        self._has_openat2 = True

    def __del__(self) -> None:
        """Let go of it."""
        if hasattr(self, "_folder"):
            os.close(self._folder)

    def space(self) -> tuple[int, int]:
        """Say how many bytes of its disk are free, and how many of them stay so."""
        found = volume_reserve.space(self._folder)
        kept = max(found.kept, min(self.reserve, int(found.total * MOST_KEPT)))
        # Without a place for another file no byte of the rest is of use.
        return (0 if self.is_full else found.free), kept

    @property
    def folder(self) -> int:
        """The folder's descriptor."""
        return self._folder

    @property
    def is_full(self) -> bool:
        """Whether its disk has no room for what people type, either."""
        return volume_reserve.is_full(self._folder)

    def inside(self, target: str) -> Parts | None:
        """Say where in the class's folder an absolute path begins to lead; None if not there.

        Args:
            target: of a link, for the walk to follow from the class's folder on.
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
        """Find the place of something, which needn't be there.

        Args:
            parts: its path.
            follow: whether a link is to be followed if it is one; those on the way always are.
            names: how many may be looked up, on this way and on others; None for this way's own.

        Yields:
            The place; it is no link if links are followed, unless one is put there later.

        Raises:
            LeadsOutError: a link leads out of the class's files.
            OSError: a folder on the way isn't there, or may not be entered.
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
        """Hold a folder that is made with all that it is in; no link is followed to it.

        Args:
            parts: its path.

        Yields:
            Its descriptor.

        Raises:
            NoFolderError: one of the names is a link's or a file's.
            OSError: a folder may not be entered.
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
        """Let the kernel find a folder; None where only the walk can say."""
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
        with contextlib.suppress(FileExistsError):  # somebody else was faster
            os.mkdir(name, 0o700, dir_fd=held)
        # Not as a path only: whoever puts theirs in its place meanwhile is refused the mode.
        made = os.open(name, flags & ~os.O_PATH, dir_fd=held)
        with contextlib.suppress(PermissionError):
            os.fchmod(made, NEW_FOLDER_MODE)
        return made
