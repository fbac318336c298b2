"""A place: a name in a folder that is held open, so that no link can lead it elsewhere."""

from __future__ import annotations

import contextlib
import errno
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Iterator

Parts = tuple[str, ...]
"""A path below the class's folder, name by name."""

FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
"""Flags to hold a folder open: only as a path, which needs no permission to list it."""


class LeadsOutError(OSError):
    """A link on the way leads out of the class's files."""

    def __init__(self, name: str) -> None:
        """Name the link.

        Args:
            name: its name in its folder.
        """
        words = gettext(
            "“{name}” is a link that leads out of the class's files. The lab opens only what is in"
            " them: copy there what you want to use."
        )
        super().__init__(errno.ELOOP, words.format(name=name))


class NoFolderError(NotADirectoryError):
    """Where the lab needs a folder of its own, a student has put something else."""

    def __init__(self, path: str) -> None:
        """Name the link or file.

        Args:
            path: its path below the class's folder.
        """
        words = gettext(
            "“{path}” is a link or a file, and the lab needs a folder there: rename it in a"
            " terminal, and try again."
        )
        super().__init__(errno.ENOTDIR, words.format(path=path))


class TargetError(OSError):
    """An operation failed because of the target's place, not because of what was moved."""

    def __init__(self, error: OSError, parts: Parts) -> None:
        """Name the place.

        Args:
            error: the system's error.
            parts: path of the place.
        """
        super().__init__(error.errno, error.strerror)
        self.error, self.parts = error, parts


@contextlib.contextmanager
def blamed(parts: Parts) -> Iterator[None]:
    """Attribute an error to a target's place.

    Args:
        parts: its path.

    Raises:
        TargetError: instead of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise TargetError(error, parts) from error


class NoPathError(ValueError):
    """A path that no file of the class can have."""


SHOWN = {0xDC00 + byte: 0x10FF00 + byte for byte in range(0x80, 0x100)}
"""For each byte of a name that isn't UTF-8: its surrogate (PEP 383), and its character in pages.

Browsers can't send surrogates. The characters are at the end of the last private plane, where
nobody else uses them."""
MEANT = {shown: half for half, shown in SHOWN.items()}


def path_of(parts: Parts) -> str:
    """Return a file's path as pages name it: the inverse of `parts_of`.

    Args:
        parts: the file's path, name by name.
    """
    return "/".join(parts).translate(SHOWN)


def parts_of(path: str) -> Parts:
    """Split a path of the API: it is relative to the class's folder, with slashes.

    Args:
        path: leading and trailing slashes don't matter; see `SHOWN` for names that aren't UTF-8.

    Raises:
        NoPathError: it leads above the class's folder, or no file can have it.
    """
    found: list[str] = []
    for name in path.split("/"):
        if name == "..":
            if not found:
                raise NoPathError(f"{path!r} is outside the class's files")
            found.pop()
        elif name not in {"", "."}:
            found.append(name)
    try:
        wrong = b"\0" in os.fsencode(path)
    except UnicodeEncodeError:
        wrong = True
    if wrong:
        raise NoPathError(f"{path!r} is not a valid path")
    return tuple(name.translate(MEANT) for name in found)


@dataclass(frozen=True)
class DirectoryEntry:
    """Where something is, or could be created.

    Attributes:
        folder: descriptor of the folder, opened as a path only.
        name: its name in that folder; ``.`` is the folder itself.
    """

    folder: int
    name: str

    def stat(self) -> os.stat_result:
        """Return the status of what is there; don't follow a link.

        Raises:
            OSError: there is nothing, or its status can't be read.
        """
        return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)

    def allows(self, mode: int) -> bool:
        """Say whether the lab has access to what is there; `mode` is that of `os.access`."""
        return os.access(self.name, mode, dir_fd=self.folder, follow_symlinks=False)

    def check_writable(self) -> None:
        """Check that the lab may create and remove names in the folder.

        Use it for an error that names the right place, or before a page sends much. The operation
        itself is checked again.

        Raises:
            OSError: the lab may not (EACCES), or the place is read-only (EROFS).
        """
        if not DirectoryEntry(self.folder, ".").allows(os.W_OK):
            is_read_only = os.fstatvfs(self.folder).f_flag & os.ST_RDONLY
            number = errno.EROFS if is_read_only else errno.EACCES
            raise OSError(number, os.strerror(number), self.name)

    def link(self) -> str | None:
        """Return the link's target; None if it isn't a link, or isn't there.

        Raises:
            OSError: the folder can't be searched.
        """
        try:
            return os.readlink(self.name, dir_fd=self.folder)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.EINVAL:
                return None
            raise

    def open(self, flags: int, mode: int = 0o600) -> int:
        """Open what is there; never wait for a pipe's other end.

        Args:
            flags: as for `os.open`.
            mode: the permissions of a new file.

        Raises:
            OSError: it can't be opened, or is a link (ELOOP).
        """
        always = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        return os.open(self.name, flags | always, mode, dir_fd=self.folder)
