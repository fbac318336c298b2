"""Read the class's files: each operation finds its file once, and holds it open."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import DirectoryEntry, Parts
    from classroom.lab.files.walk import LookupBudget

PIECE_BYTES = 1 << 20
KINDS = {
    stat.S_IFIFO: gettext_noop("pipe"),
    stat.S_IFSOCK: gettext_noop("socket"),
    stat.S_IFLNK: gettext_noop("link"),
}
"""Names of what isn't a file, by the type in its mode; anything else is a device."""
TRIES = 3
"""How often to look for a file that became a link, or was replaced, while it was opened."""


class NoFileError(OSError):
    """A path leads to a folder, pipe, device or socket instead of a file."""

    def __init__(self, name: str, mode: int) -> None:
        """Name it.

        Args:
            name: its name.
            mode: its mode from `os.stat`, which contains its type.
        """
        words = gettext("“{name}” is a folder, and this can be done only with a file.")
        kind = ""
        if not stat.S_ISDIR(mode):
            kind = gettext(KINDS.get(stat.S_IFMT(mode), gettext_noop("device")))
            words = gettext(
                "“{name}” is not a file but a program's {kind}, and can't be used here."
            )
        super().__init__(errno.EINVAL, words.format(name=name, kind=kind))


class TooLargeError(OSError):
    """A file has more bytes than the operation may read."""

    def __init__(self, name: str, size: int) -> None:
        """Name the file.

        Args:
            name: the file's name.
            size: its bytes.
        """
        words = gettext(
            "“{name}” has {size} MB, which is too large for this. Use a terminal for it (cp, mv)."
        )
        super().__init__(errno.EFBIG, words.format(name=name, size=size >> 20))
        self.size = size


@dataclass(frozen=True)
class Seen:
    """Something in the class's folder, as it was when the lab looked at it.

    Attributes:
        name: its name in its folder.
        info: its status; for a link that leads out or nowhere, the status of the link itself.
        writable: whether the lab may write it.
        leads: False for a link that leads out or nowhere.
    """

    name: str
    info: os.stat_result
    writable: bool
    leads: bool = True

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, or a link to one."""
        return stat.S_ISDIR(self.info.st_mode)

    @property
    def is_file(self) -> bool:
        """Whether it is a file, or a link to one."""
        return stat.S_ISREG(self.info.st_mode)


def look(root: Root, parts: Parts, names: LookupBudget | None = None) -> Seen:
    """Look at something; follow links.

    Args:
        root: the class's folder.
        parts: its path.
        names: as for `Root.at`.

    Raises:
        LeadsOutError: it, or a folder on its path, is a link that leads out.
        OSError: it isn't there, or can't be looked at.
    """
    name = parts[-1] if parts else ""
    with root.at(parts, names=names) as place:
        return Seen(name, place.stat(), place.allows(os.W_OK))


def is_read_only(root: Root, parts: Parts) -> bool:
    """Say whether something is in a read-only place, such as a tutor's materials.

    Args:
        root: the class's folder.
        parts: the path; links are followed.

    Raises:
        OSError: it isn't there, or out of reach.
    """
    with root.at(parts) as place:
        return bool(os.fstatvfs(place.folder).f_flag & os.ST_RDONLY)


def is_there(root: Root, parts: Parts) -> bool:
    """Say whether a name is taken, also by a link that leads nowhere."""
    try:
        with root.at(parts, follow=False) as place:
            place.stat()
    except OSError:
        return False
    return True


def kind(root: Root, parts: Parts) -> str:
    """Return "file" or "folder" for a path; "" if it is something else, or isn't there."""
    try:
        found = look(root, parts)
    except OSError:
        return ""
    return "folder" if found.is_folder else "file" if found.is_file else ""


def open_file(root: Root, parts: Parts) -> tuple[int, Seen]:
    """Open a file for reading.

    Args:
        root: the class's folder.
        parts: the file's path; links are followed.

    Returns:
        Its descriptor, which the caller closes, and its description.

    Raises:
        LeadsOutError: the file, or a folder on its path, is a link that leads out.
        NoFileError: it isn't a file.
        OSError: it isn't there, or can't be read.
    """
    for left in reversed(range(TRIES)):
        with root.at(parts) as place:
            try:
                return _open(place, parts[-1] if parts else ".")
            except OSError as error:
                if error.errno != errno.ELOOP or not left:
                    raise
    raise AssertionError


def _open(place: DirectoryEntry, name: str) -> tuple[int, Seen]:
    # Check the type before opening: opening a device can already have an effect.
    mode = place.stat().st_mode
    if not stat.S_ISLNK(mode) and not stat.S_ISREG(mode):
        raise NoFileError(name, mode)
    writable, descriptor = place.allows(os.W_OK), place.open(os.O_RDONLY)
    info = os.fstat(descriptor)
    if not stat.S_ISREG(info.st_mode):
        os.close(descriptor)
        raise NoFileError(name, info.st_mode)
    return descriptor, Seen(name, info, writable)


@contextlib.contextmanager
def _pieces(root: Root, parts: Parts, most: int) -> Iterator[tuple[Seen, Iterator[bytes]]]:
    """Read a file piece by piece; stop after `most` bytes, because it may grow meanwhile."""
    descriptor, seen = open_file(root, parts)

    def read(stream: IO[bytes]) -> Iterator[bytes]:
        had = 0
        while piece := stream.read(PIECE_BYTES):
            had += len(piece)
            if had > most:
                raise TooLargeError(seen.name, had)
            yield piece

    with os.fdopen(descriptor, "rb", buffering=0) as stream:
        if seen.info.st_size > most:
            raise TooLargeError(seen.name, seen.info.st_size)
        yield seen, read(stream)


def content(root: Root, parts: Parts, most: int) -> tuple[Seen, bytes]:
    """Read a file.

    Args:
        root: the class's folder.
        parts: the file's path.
        most: most bytes to read.

    Returns:
        The file's description, and all its bytes.

    Raises:
        TooLargeError: the file has more bytes.
        OSError: as for `open_file`.
    """
    with _pieces(root, parts, most) as (seen, pieces):
        return seen, b"".join(pieces)


def beginning(root: Root, parts: Parts, most: int) -> bytes | None:
    """Read a file's first bytes; empty if it can't be read, None if it isn't there.

    Args:
        root: the class's folder.
        parts: the file's path.
        most: most bytes to read.
    """
    try:
        descriptor, _ = open_file(root, parts)
    except OSError:
        return b"" if is_there(root, parts) else None
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(most)


def digest(root: Root, parts: Parts, most: int) -> tuple[Seen, str]:
    """Compute a file's SHA-256, in hexadecimal, without keeping its bytes; else as `content`."""
    found = hashlib.sha256()
    with _pieces(root, parts, most) as (seen, pieces):
        for piece in pieces:
            found.update(piece)
        return seen, found.hexdigest()
