"""Write a file as a whole or not at all: whoever reads meanwhile finds the old one or the new.

Where it belongs is found once and held (`classroom.lab.files.beneath`); only then it is given its
name.
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
"""The class's files are the group's to edit."""


class Scratch:
    """A new file that nobody sees until it has a place.

    Attributes:
        folder: descriptor of the folder that it is in until then.
        name: in there.
    """

    def __init__(self, folder: int, content: Content, mode: int, when: int | None = None) -> None:
        """Write it, down to the disk.

        Args:
            folder: descriptor of a folder on the same disk.
            content: read to its end.
            mode: the file's.
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
        """Remove it, if it has no place."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.name, dir_fd=self.folder)

    def put(self, place: DirectoryEntry, *, new: bool = False) -> os.stat_result:
        """Give it its place, instead of a file or link that is there.

        Where it can't be renamed to it is copied beside it first: the disk is another (what a tutor
        has mounted), or the kernel's Landlock lets nothing be moved to another folder (before
        5.19).

        Args:
            place: where.
            new: whether nothing may be there.

        Returns:
            What it is, wherever it is moved from now on.

        Raises:
            FileExistsError: something is.
            OSError: it can't be put there; what is there stays.
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
    """Flush a folder to the disk: a rename is in there; as far as it may be opened."""
    with contextlib.suppress(PermissionError):
        held = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
        try:
            os.fsync(held)
        finally:
            os.close(held)


def write(
    root: Root, parts: Parts, content: bytes, scratch: Path | None = None, *, new: bool = False
) -> os.stat_result:
    """Put content in a file's place: written, flushed to the disk, then renamed.

    A power cut in between leaves the old file. A program stays one, and a link stays a link. A file
    that has several names (hard links) is written in place, so that all of them go on having it.

    Args:
        root: the class's folder.
        parts: of the file, there or not.
        content: all of it.
        scratch: a folder of nobody else's on the same disk for what isn't finished, out of people's
            sight; without it, or where the disk is another, the file's own folder.
        new: whether the name must be free.

    Returns:
        What was written, wherever it is moved from now on.

    Raises:
        LeadsOutError: it, or a folder on the way, is a link that leads out.
        NoFileError: there is something that is no file.
        FileExistsError: the name isn't free.
        OSError: it couldn't be written; the old file is as it was.
    """
    with root.at(parts) as place:
        found = file_at(place)
        if found is not None and found.st_nlink > 1 and not new and _rewrite(place, content):
            return found
        # What the lab has written all may edit: its owner is another user than before.
        mode = (found.st_mode if found else 0) & 0o777 | NEW_FILE_MODE
        return put_at(place, io.BytesIO(content), mode, scratch, new=new)


def _rewrite(place: DirectoryEntry, content: bytes) -> bool:
    """Write a file in its place; False if it is somebody's own, who lets nobody write it."""
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
    """Look at the file that a place has; None where there is nothing.

    Args:
        place: where.

    Raises:
        NoFileError: there is something that is no file.
        OSError: it can't be looked at.
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
    """Write a file whose place is held.

    Args:
        place: where.
        content: read to its end.
        mode: the file's.
        scratch: as of `write`.
        new: whether the name must be free.
        when: the file's time, in nanoseconds; None for now.

    Raises:
        OSError: as of `write`.
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
    """Add to a file that is uploaded in pieces.

    Args:
        root: the class's folder.
        parts: of the file, there or not.
        content: its next piece.

    Raises:
        LeadsOutError: it, or a folder on the way, is a link that leads out.
        NoFileError: there is something that is no file.
        OSError: it can't be written.
    """
    with root.at(parts) as place:
        file_at(place)
        descriptor = place.open(os.O_WRONLY | os.O_APPEND | os.O_CREAT, NEW_FILE_MODE)
        with os.fdopen(descriptor, "wb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise NoFileError(place.name, mode)
            stream.write(content)
