"""Write a file as a whole or not at all: a reader always finds the old file or the new one.

The lab finds the file's folder once and holds it open (`classroom.lab.files.beneath`). Only then
does it rename the finished file into that folder.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import secrets
import stat
from typing import TYPE_CHECKING

from classroom.lab.files.directory_entry import FOLDER, DirectoryEntry
from classroom.lab.files.link_atomically import take
from classroom.lab.files.reader import PIECE_BYTES, NoFileError

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import Parts
    from classroom.lab.files.disk_reserve import Content

NEW_FILE_MODE = 0o664
"""Permissions of a new file: the class's group may edit it."""


class Scratch:
    """A new file that people don't see until it is moved to its place.

    Attributes:
        folder: descriptor of the folder that contains it until then.
        name: its name in that folder.
    """

    def __init__(self, folder: int, content: Content, mode: int, when: int | None = None) -> None:
        """Write the file and flush it to the disk.

        Args:
            folder: descriptor of a folder on the same disk.
            content: read to its end.
            mode: the file's permissions.
            when: the file's time, in nanoseconds; None for now.

        Raises:
            OSError: the disk is full.
        """
        self.folder, self.name = folder, f".~{secrets.token_hex(8)}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self.name, flags, 0o600, dir_fd=folder)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                while piece := content.read(PIECE_BYTES):
                    stream.write(piece)
                os.fchmod(stream.fileno(), mode)
                stream.flush()
                if when is not None:
                    os.utime(stream.fileno(), ns=(when, when))
                os.fsync(stream.fileno())
        except BaseException:
            self.drop()
            raise

    def drop(self) -> None:
        """Remove the file, unless it was moved to its place."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.name, dir_fd=self.folder)

    def put(self, place: DirectoryEntry, *, new: bool = False) -> os.stat_result:
        """Move the file to its place, and replace a file or link that is there.

        If it can't be renamed, it is first copied into the folder of the place. That happens if the
        place is on another disk (a tutor has mounted it), or if the kernel's Landlock allows no
        move to another folder (before 5.19).

        Args:
            place: where to put the file.
            new: whether nothing may be there.

        Returns:
            The file's status, which identifies it even if a program moves it later.

        Raises:
            FileExistsError: something is there, and `new` is set.
            OSError: the file can't be put there; what is there stays.
        """
        try:
            return self._rename(place, new=new)
        except OSError as error:
            if error.errno != errno.EXDEV or self.folder == place.folder:
                raise
            beside = self._copied(place.folder)
            try:
                return beside.put(place, new=new)
            finally:
                beside.drop()

    def _copied(self, folder: int) -> Scratch:
        with os.fdopen(DirectoryEntry(self.folder, self.name).open(os.O_RDONLY), "rb") as content:
            info = os.fstat(content.fileno())
            return Scratch(folder, content, stat.S_IMODE(info.st_mode), info.st_mtime_ns)

    def _rename(self, place: DirectoryEntry, *, new: bool) -> os.stat_result:
        with contextlib.suppress(PermissionError):  # a group that we aren't in
            group = os.fstat(place.folder).st_gid
            os.chown(self.name, -1, group, dir_fd=self.folder, follow_symlinks=False)
        info = DirectoryEntry(self.folder, self.name).stat()
        if new:
            take(DirectoryEntry(self.folder, self.name), place)
        else:
            os.replace(self.name, place.name, src_dir_fd=self.folder, dst_dir_fd=place.folder)
        flush(place.folder)
        return info


def flush(folder: int) -> None:
    """Flush a folder, and with it a rename, to the disk; skip a folder that can't be opened."""
    with contextlib.suppress(PermissionError):
        held = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
        try:
            os.fsync(held)
        finally:
            os.close(held)


def write(
    root: Root, parts: Parts, content: bytes, scratch: Path | None = None, *, new: bool = False
) -> os.stat_result:
    """Write content to a new file, flush it to the disk, then rename it to a file's place.

    A power cut in between leaves the old file. An executable file stays executable, and a link
    stays a link. A file with several names (hard links) is written in place, so that all its names
    show the new content.

    Args:
        root: the class's folder.
        parts: the file's path; the file needn't exist.
        content: all of it.
        scratch: a folder on the same disk for the unfinished file, which only the lab uses and
            people don't see. Without it, or on another disk, the file's own folder is used.
        new: whether the name must be free.

    Returns:
        The written file's status, which identifies it even if a program moves it later.

    Raises:
        LeadsOutError: the file, or a folder on its path, is a link that leads out.
        NoFileError: something is there that isn't a file.
        FileExistsError: the name isn't free.
        OSError: the file couldn't be written; the old file is unchanged.
    """
    with root.at(parts) as place:
        found = file_at(place)
        if found is not None and found.st_nlink > 1 and not new and _rewrite(place, content):
            return found
        # Everybody may edit what the lab has written, because its owner is another user now.
        mode = (found.st_mode if found else 0) & 0o777 | NEW_FILE_MODE
        return put_at(place, io.BytesIO(content), mode, scratch, new=new)


def _rewrite(place: DirectoryEntry, content: bytes) -> bool:
    """Write a file in its place; False if its permissions don't allow that."""
    try:
        descriptor = place.open(os.O_WRONLY)
    except PermissionError:
        return False
    with os.fdopen(descriptor, "wb") as stream:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise NoFileError(place.name, mode)
        stream.write(content)
        stream.truncate()
        stream.flush()
        os.fsync(descriptor)
    return True


def file_at(place: DirectoryEntry) -> os.stat_result | None:
    """Return the status of the file at a place; None if there is nothing.

    Args:
        place: the place to look at.

    Raises:
        NoFileError: something is there that isn't a file.
        OSError: the status can't be read.
    """
    try:
        found = place.stat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise NoFileError(place.name, found.st_mode)
    return found


def put_at(  # noqa: PLR0913
    place: DirectoryEntry,
    content: Content,
    mode: int,
    scratch: Path | None = None,
    *,
    new: bool = False,
    when: int | None = None,
) -> os.stat_result:
    """Write a file to a place whose folder is already open.

    Args:
        place: where to put the file.
        content: read to its end.
        mode: the file's permissions.
        scratch: as for `write`.
        new: whether the name must be free.
        when: the file's time, in nanoseconds; None for now.

    Raises:
        OSError: as for `write`.
    """
    where = place.folder if scratch is None else os.open(scratch, FOLDER)
    try:
        made = Scratch(where, content, mode, when)
        try:
            return made.put(place, new=new)
        finally:
            made.drop()
    finally:
        if where != place.folder:
            os.close(where)


def append(root: Root, parts: Parts, content: bytes) -> None:
    """Append to a file that is uploaded in pieces.

    Args:
        root: the class's folder.
        parts: the file's path; the file needn't exist.
        content: its next piece.

    Raises:
        LeadsOutError: the file, or a folder on its path, is a link that leads out.
        NoFileError: something is there that isn't a file.
        OSError: the file can't be written.
    """
    with root.at(parts) as place:
        file_at(place)
        descriptor = place.open(os.O_WRONLY | os.O_APPEND | os.O_CREAT, NEW_FILE_MODE)
        with os.fdopen(descriptor, "wb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise NoFileError(place.name, mode)
            stream.write(content)
