"""Take in a folder that a process of another user sends through a pipe; blocking.

`classroom.lab.assignments.packing` sends it. The process that takes a folder in believes the other
end nothing: neither names nor sizes, and not that it ends. It writes what comes into a folder of
its own that is new, and that it removes again if anything is wrong.
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
"""What comes next: a folder, in which we are then; a file; the folder's end; the end of all."""
SIZE, PIECES = struct.Struct("!Q"), struct.Struct("!I")
"""Bytes of all of it, before everything; of a piece of a file, 0 at its end."""
ENTRY = struct.Struct("!HHq")
"""Of a name its length; permissions; the time of the last change, in nanoseconds."""
LONGEST_NAME = 255
ONE = "copy"
"""What `packing.send_one` calls what it sends: its name is the receiver's own business."""


class BrokenParcelError(OSError):
    """What came is no folder as `packing` sends it, or broke off."""

    def __init__(self) -> None:
        super().__init__(errno.EPROTO, os.strerror(errno.EPROTO))


def receive(stream: IO[bytes], target: DirectoryEntry, root: Root, most: int | None = None) -> None:
    """Take a folder in, down to the disk.

    Args:
        stream: from the other process.
        target: the folder's place, in which there is nothing.
        root: says how much space there is.
        most: bytes that it may have; None for `copying.LARGEST_BYTES`.

    Raises:
        BrokenParcelError: it isn't what `packing` sends.
        TooLargeError: it has more bytes.
        TooDeepError: it has too many folders in folders.
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
    """Take everything in; each folder that we are in is held open."""
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
        past = min(max(when, 0), time.time_ns())  # programs set their files' times as they like
        os.utime(made, ns=(past, past))


def _name(found: bytes) -> str:
    """Return a name as the file system has it, if it is one in this folder.

    Raises:
        BrokenParcelError: it leads elsewhere, or is hidden.
    """
    if not 0 < len(found) <= LONGEST_NAME or found.startswith(b".") or set(found) & set(b"/\0"):
        raise BrokenParcelError
    return os.fsdecode(found)


def _exactly(stream: IO[bytes], length: int) -> bytes:
    found = stream.read(length)
    if len(found) != length:
        raise BrokenParcelError
    return found
