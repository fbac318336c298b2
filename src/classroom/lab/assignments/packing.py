"""Send files and folders through a pipe to `parcel`; blocking.

Only files and folders are sent: no links, pipes or devices, and no hidden files.
"""

from __future__ import annotations

import contextlib
import os
import stat
from typing import IO, TYPE_CHECKING

from classroom.lab.assignments import copying
from classroom.lab.assignments.parcel import END, ENTRY, FILE, FOLDER, ONE, PIECES, SIZE, UP
from classroom.lab.files import tree
from classroom.lab.files.directory_entry import NoFolderError
from classroom.lab.files.disk_reserve import SMALLEST_BYTES, Allowance
from classroom.lab.files.reader import PIECE_BYTES, NoFileError

if TYPE_CHECKING:
    from classroom.lab.files.directory_entry import DirectoryEntry


def send(place: DirectoryEntry, stream: IO[bytes]) -> None:
    """Send a folder, which programs may change meanwhile.

    Args:
        place: the folder.
        stream: the stream to the other process.

    Raises:
        NoFolderError: it is a file, a link, or something else.
        TooLargeError: it has more bytes than `copying.LARGEST_BYTES`.
        TooDeepError: its folders are nested too deep.
        OSError: it can't be read, or the other process doesn't read the stream.
    """
    if not stat.S_ISDIR(place.stat().st_mode):
        raise NoFolderError(place.name)
    stream.write(SIZE.pack(tree.size_of(place, 0, Allowance(copying.LARGEST_BYTES))))
    _send_folder(place, stream, 0, Allowance(copying.LARGEST_BYTES))
    stream.write(END)
    stream.flush()


def send_one(place: DirectoryEntry, stream: IO[bytes], most: int) -> list[str]:
    """Send a file or a folder under the name `ONE`, the only entry of the received folder.

    Unreadable entries of a folder aren't sent. If a file grows meanwhile, only the bytes that it
    had at the start are sent.

    Args:
        place: where the file or folder is.
        stream: the stream to the other process.
        most: how many bytes it may have.

    Returns:
        The names of the entries that weren't sent: links, pipes and the like, hidden and
        unreadable entries.

    Raises:
        NoFileError: it is neither a file nor a folder.
        TooLargeError: it has more than `most` bytes.
        TooDeepError: its folders are nested too deep.
        OSError: it can't be read, or the other process doesn't read the stream.
    """
    info = place.stat()
    if not (stat.S_ISDIR(info.st_mode) or stat.S_ISREG(info.st_mode)):
        raise NoFileError(place.name, info.st_mode)
    left_out: list[str] = []
    if stat.S_ISDIR(info.st_mode):
        stream.write(SIZE.pack(_size(place, 0, Allowance(most))))
        _send_entry(FOLDER, ONE, info, stream)
        _send_folder(place, stream, 1, Allowance(most), left_out)
        stream.write(UP)
    else:
        with _opened(place) as content:
            info = os.fstat(content.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise NoFileError(place.name, info.st_mode)  # it was replaced meanwhile
            Allowance(most).take(info.st_size, place.name)
            stream.write(SIZE.pack(info.st_size))
            _send_content(ONE, content, stream, Allowance(most))
    stream.write(END)
    stream.flush()
    return left_out


def _size(place: DirectoryEntry, depth: int, allowed: Allowance) -> int:
    """Return how many bytes of a folder will be sent."""
    for below in tree.entries(place, depth):
        info = below.stat()
        allowed.take(SMALLEST_BYTES, below.name)
        if below.name.startswith("."):
            continue
        if stat.S_ISDIR(info.st_mode):
            with contextlib.suppress(PermissionError):
                _size(below, depth + 1, allowed)
        elif stat.S_ISREG(info.st_mode):
            allowed.take(info.st_size, below.name)
    return allowed.most - allowed.left


def _send_folder(
    place: DirectoryEntry,
    stream: IO[bytes],
    depth: int,
    allowed: Allowance,
    left_out: list[str] | None = None,
) -> None:
    """Send a folder's entries.

    Args:
        place: the folder.
        stream: the stream to the other process.
        depth: how many folders it is already in.
        allowed: how many bytes may be sent.
        left_out: receives the names of what isn't sent; None to fail on unreadable entries.
    """
    for below in tree.entries(place, depth):
        info = below.stat()
        allowed.take(SMALLEST_BYTES, below.name)
        is_folder = stat.S_ISDIR(info.st_mode)
        is_sent = (is_folder or stat.S_ISREG(info.st_mode)) and not below.name.startswith(".")
        if left_out is not None and not (is_sent and _may_be_read(below, is_folder=is_folder)):
            left_out.append(below.name)
        elif is_sent and is_folder:
            _send_entry(FOLDER, below.name, info, stream)
            _send_folder(below, stream, depth + 1, allowed, left_out)
            stream.write(UP)
        elif is_sent:
            _send_file(below, stream, allowed)


def _may_be_read(place: DirectoryEntry, *, is_folder: bool) -> bool:
    return place.allows(os.R_OK | os.X_OK if is_folder else os.R_OK)


def _send_entry(kind: bytes, called: str, info: os.stat_result, to: IO[bytes]) -> None:
    name = os.fsencode(called)
    to.write(kind + ENTRY.pack(len(name), stat.S_IMODE(info.st_mode), info.st_mtime_ns) + name)


def _opened(entry: DirectoryEntry) -> IO[bytes]:
    return os.fdopen(entry.open(os.O_RDONLY), "rb")


def _send_file(entry: DirectoryEntry, stream: IO[bytes], allowed: Allowance) -> None:
    with _opened(entry) as content:
        if stat.S_ISREG(os.fstat(content.fileno()).st_mode):  # otherwise it was replaced meanwhile
            _send_content(entry.name, content, stream, allowed)


def _send_content(name: str, content: IO[bytes], to: IO[bytes], allowed: Allowance) -> None:
    """Send an open file up to its present size, because it may grow meanwhile."""
    info = os.fstat(content.fileno())
    _send_entry(FILE, name, info, to)
    left = info.st_size
    while left and (piece := content.read(min(left, PIECE_BYTES))):
        left -= len(piece)
        allowed.take(len(piece), name)
        to.write(PIECES.pack(len(piece)) + piece)
    to.write(PIECES.pack(0))
