"""Receive a folder that a process of another user sends through a pipe; blocking.

`classroom.lab.assignments.packing` sends it. The receiving process doesn't trust the sender: it
checks names and sizes, and limits the total. It writes into a new folder of its own, and removes
that if anything is wrong.
"""

from __future__ import annotations

import errno
import os
import struct
import time
from typing import IO, TYPE_CHECKING

from classroom.lab.assignments import copying
from classroom.lab.files import tree
from classroom.lab.files.atomic_write import NEW_FILE_MODE
from classroom.lab.files.directory_entry import DirectoryEntry
from classroom.lab.files.disk_reserve import SMALLEST_BYTES, Allowance, ensure
from classroom.lab.files.reader import PIECE_BYTES, TooLargeError

if TYPE_CHECKING:
    from classroom.lab.files.beneath import Root

FOLDER, FILE, UP, END = b"D", b"F", b"U", b"E"
"""Marks of what follows: a folder, which becomes the present one; a file; the end of the present
folder; the end of everything."""
SIZE, PIECES = struct.Struct("!Q"), struct.Struct("!I")
"""The total number of bytes, sent first; the bytes of a piece of a file, 0 at the file's end."""
ENTRY = struct.Struct("!HHq")
"""A name's length; permissions; the time of the last change, in nanoseconds."""
LONGEST_NAME_BYTES = 255
ONE = "copy"
"""The name that `packing.send_one` uses: the receiver chooses the real name."""


class BrokenParcelError(OSError):
    """The received bytes aren't a folder from `packing`, or broke off."""

    def __init__(self) -> None:
        super().__init__(errno.EPROTO, os.strerror(errno.EPROTO))


def receive(stream: IO[bytes], target: DirectoryEntry, root: Root, most: int | None = None) -> None:
    """Receive a folder, and flush it to the disk.

    Args:
        stream: the stream from the other process.
        target: the folder's place, which is free.
        root: knows how much space there is.
        most: most bytes; None for `copying.LARGEST_BYTES`.

    Raises:
        BrokenParcelError: it isn't a folder from `packing`.
        TooLargeError: it has more bytes.
        TooDeepError: its folders are nested too deep.
        DiskReserveError: there is no space.
        OSError: it can't be written.
    """
    (size,) = SIZE.unpack(_exactly(stream, SIZE.size))
    most = copying.LARGEST_BYTES if most is None else most
    if size > most:
        raise TooLargeError(target.name, size)
    ensure(root, size)
    os.mkdir(target.name, 0o777, dir_fd=target.folder)
    try:
        _receive_all(stream, target, Allowance(most))
        copying.flush_all(target, 0)
    except BaseException:
        copying.drop(target)
        raise


def _receive_all(stream: IO[bytes], target: DirectoryEntry, allowed: Allowance) -> None:
    """Receive everything; hold the present folder and those above it open."""
    folders = [_enter(target)]
    try:
        while (kind := _exactly(stream, 1)) != END:
            if kind == UP and len(folders) > 1:
                os.close(folders.pop())
                continue
            if kind not in {FOLDER, FILE}:
                raise BrokenParcelError
            length, mode, when = ENTRY.unpack(_exactly(stream, ENTRY.size))
            entry = DirectoryEntry(folders[-1], _name(_exactly(stream, length)))
            allowed.take(SMALLEST_BYTES, entry.name)
            if kind == FILE:
                _receive_file(stream, entry, mode, when, allowed)
                continue
            if len(folders) >= tree.DEEPEST:
                raise tree.TooDeepError(entry.name)
            os.mkdir(entry.name, 0o777, dir_fd=entry.folder)
            folders.append(_enter(entry))
    finally:
        for held in folders:
            os.close(held)


def _enter(folder: DirectoryEntry) -> int:
    return folder.open(os.O_PATH | os.O_DIRECTORY)


def _receive_file(
    stream: IO[bytes], entry: DirectoryEntry, mode: int, when: int, allowed: Allowance
) -> None:
    made = entry.open(os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    with os.fdopen(made, "wb") as content:
        while length := PIECES.unpack(_exactly(stream, PIECES.size))[0]:
            if length > PIECE_BYTES:
                raise BrokenParcelError
            allowed.take(length, entry.name)
            content.write(_exactly(stream, length))
        content.flush()
        os.fchmod(made, mode & 0o777 | NEW_FILE_MODE)
        past = min(max(when, 0), time.time_ns())  # programs may set any time
        os.utime(made, ns=(past, past))


def _name(found: bytes) -> str:
    """Decode a name, if it is valid in this folder.

    Raises:
        BrokenParcelError: it leads elsewhere, or is hidden.
    """
    if (
        not 0 < len(found) <= LONGEST_NAME_BYTES
        or found.startswith(b".")
        or set(found) & set(b"/\0")
    ):
        raise BrokenParcelError
    return os.fsdecode(found)


def _exactly(stream: IO[bytes], length: int) -> bytes:
    found = stream.read(length)
    if len(found) != length:
        raise BrokenParcelError
    return found
