"""Read the class's files: each operation finds its file once, and holds what it has found."""

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
"""What is no file, by its mode's type; anything else is a device."""
TRIES = 3
"""How often a file is looked for again that became a link, or gave way, as it was being opened."""


class NoFileError(OSError):
    """What is there is a folder, a pipe, a device or a socket."""

    def __init__(self, name: str, mode: int) -> None:
        """Name it.

        Args:
            name: its name.
            mode: tells what it is, as of `os.stat`.
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
    """A file of more bytes than are read at once."""

    def __init__(self, name: str, size: int) -> None:
        """Name it.

        Args:
            name: the file's.
            size: its bytes.
        """
        words = gettext(
            "“{name}” has {size} MB, which is too large for this. Use a terminal for it (cp, mv)."
        )
        super().__init__(errno.EFBIG, words.format(name=name, size=size >> 20))
        self.size = size


@dataclass(frozen=True)
class Seen:
    """What something in the class's folder is.

    Attributes:
        name: in its folder.
        info: of what it is; of the link itself where that leads out or nowhere.
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
    """See what something is; links are followed.

    Args:
        root: the class's folder.
        parts: the path.
        names: as of `Root.at`.

    Raises:
        LeadsOutError: it, or a folder on the way, is a link that leads out.
        OSError: it isn't there, or can't be looked at.
    """
    name = parts[-1] if parts else ""
    with root.at(parts, names=names) as place:
        return Seen(name, place.stat(), place.allows(os.W_OK))


def is_read_only(root: Root, parts: Parts) -> bool:
    """Say whether something is in a place that nobody may write to, such as a tutor's materials.

    Args:
        root: the class's folder.
        parts: the path; links are followed.

    Raises:
        OSError: it isn't there, or out of reach.
    """
    with root.at(parts) as place:
        return bool(os.fstatvfs(place.folder).f_flag & os.ST_RDONLY)


def is_there(root: Root, parts: Parts) -> bool:
    """Say whether a name is taken: by a link as well, wherever that leads."""
    try:
        with root.at(parts, follow=False) as place:
            place.stat()
    except OSError:
        return False
    return True


def kind(root: Root, parts: Parts) -> str:
    """Say whether a path is a "file" or a "folder"; "" for anything else, and for nothing."""
    try:
        found = look(root, parts)
    except OSError:
        return ""
    return "folder" if found.is_folder else "file" if found.is_file else ""


def open_file(root: Root, parts: Parts) -> tuple[int, Seen]:
    """Open a file for reading.

    Args:
        root: the class's folder.
        parts: the path; links are followed.

    Returns:
        Its descriptor, which the caller closes, and what it is.

    Raises:
        LeadsOutError: it, or a folder on the way, is a link that leads out.
        NoFileError: it is no file.
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
    # Looked at before: what opening a device does is done by then.
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
    """Read a file piece by piece; it may grow meanwhile, and without end."""
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
        parts: the path.
        most: bytes that may be read.

    Returns:
        What the file is, and all of it.

    Raises:
        TooLargeError: it has more.
        OSError: as of `open_file`.
    """
    with _pieces(root, parts, most) as (seen, pieces):
        return seen, b"".join(pieces)


def beginning(root: Root, parts: Parts, most: int) -> bytes | None:
    """Read a file's first bytes; of one that can't be read, none. None where there is nothing.

    Args:
        root: the class's folder.
        parts: the path.
        most: bytes that are read.
    """
    try:
        descriptor, _ = open_file(root, parts)
    except OSError:
        return b"" if is_there(root, parts) else None
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(most)


def digest(root: Root, parts: Parts, most: int) -> tuple[Seen, str]:
    """Find a file's SHA-256, in hexadecimal, without keeping what is read; else as `content`."""
    found = hashlib.sha256()
    with _pieces(root, parts, most) as (seen, pieces):
        for piece in pieces:
            found.update(piece)
        return seen, found.hexdigest()
