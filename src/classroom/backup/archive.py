"""Write everything on the volume into one archive, while the lab runs."""

from __future__ import annotations

import errno
import io
import os
import sqlite3
import stat
import tarfile
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from classroom.backup import databases
from classroom.backup.manifest import is_students

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


Owner = tuple[int, int]
"""Numbers of a user and of a group."""
ROOT: Owner = (0, 0)
PRIMARY = 0xFF
"""The bits of an error code that are SQLite's primary code (https://sqlite.org/rescode.html)."""
NO_DATABASE = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CANTOPEN}
HEAD_BYTES = 16
LEAST_RATIO_OF_HOLES = 10
MOST_NESTED_FOLDERS = 200
"""`ArchiveWriter.add` holds each of them open."""
LARGE_BYTES = 1 << 30
"""A file of this size that is ten times as large as what it takes on the disk is rejected: it is
nearly all holes, and in the archive it would take its full size."""


class LeftOutError(Exception):
    """A file or folder is left out of the archive; the text is the reason."""


class Padded(io.RawIOBase):
    """A file that keeps its size: if it shrinks while it is read, zeros replace its end."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source

    def read(self, size: int = -1) -> bytes:
        """Read this many bytes; zeros stand for what is missing."""
        found = self._source.read(size)
        return found + b"\0" * (size - len(found))


def opened(entry: str, flags: int, held: int) -> int:
    """Open a file or folder, and check that it is the one that was examined before.

    Raises:
        LeftOutError: another file or folder has taken its place.
    """
    try:
        return os.open(entry, flags, dir_fd=held)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENOTDIR, errno.ENXIO}:
            raise LeftOutError("it was replaced meanwhile") from None
        raise


class ArchiveWriter:
    """Write one archive.

    This process is root, and students can change everything below the lab's files while it reads
    them. It therefore holds folders open while it reads them, and follows no link.
    """

    def __init__(
        self,
        archive: tarfile.TarFile,
        scratch: Path,
        skipped: Collection[str],
        warn: Callable[[str], None],
    ) -> None:
        """Begin.

        Args:
            archive: open for writing.
            scratch: a folder for copies of databases, which only this process uses.
            skipped: names of members that are left out.
            warn: gets a sentence for each file or folder that could not be read.
        """
        self._archive = archive
        self._scratch = scratch
        self._skipped = skipped
        self._warn = warn

    def add(
        self, held: int, entry: str, member: str, path: Path | None, owner: Owner = ROOT
    ) -> None:
        """Add a file, or a folder with its content, whichever user owns it.

        Args:
            held: descriptor of the folder that contains it.
            entry: its name in that folder.
            member: its name in the archive.
            path: its path, if only root and the lab server can change it. There databases are
                copied through SQLite, not as files. None if students can change it.
            owner: the first user on that path who isn't root, and who can change what the path
                leads to.

        Raises:
            OSError: the archive can't be written, or something can't be read.
        """
        if member in self._skipped:
            return
        try:
            self._entry(held, entry, member, path, owner)
        except FileNotFoundError:
            return  # gone meanwhile
        except LeftOutError as error:
            self._warn(f"{member!r} is left out: {error}.")

    def _entry(
        self, held: int, entry: str, member: str, path: Path | None, owner: Owner = ROOT
    ) -> None:
        if member.count("/") > MOST_NESTED_FOLDERS:
            raise LeftOutError("its path has too many folders")
        found = os.stat(entry, dir_fd=held, follow_symlinks=False)
        if stat.S_ISLNK(found.st_mode):
            info = self._info(member, found)
            info.type, info.linkname = tarfile.SYMTYPE, os.readlink(entry, dir_fd=held)
            self._archive.addfile(info)
        elif stat.S_ISDIR(found.st_mode):
            self._below(held, entry, member, path, owner)
        elif stat.S_ISREG(found.st_mode):
            self._file(held, entry, member, path, owner)
        else:
            raise LeftOutError("it is neither a file nor a folder")

    def _below(
        self, held: int, entry: str, member: str, path: Path | None, owner: Owner = ROOT
    ) -> None:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        below = opened(entry, flags, held)
        try:
            found = os.fstat(below)
            owner = owner if owner != ROOT or found.st_uid == 0 else (found.st_uid, found.st_gid)
            info = self._info(member, found)
            info.type = tarfile.DIRTYPE
            self._archive.addfile(info)
            names = sorted(os.listdir(below))  # noqa: PTH208 (of a descriptor)
            # A lab's files last: a file may have text that its document's history does not have
            # yet.
            for name in sorted(names, key=lambda one: is_students(f"{member}/{one}")):
                if path is None or not databases.is_companion(name, names):
                    its = f"{member}/{name}"
                    there = path / name if path and not is_students(its) else None
                    self.add(below, name, its, there, owner)
        finally:
            os.close(below)

    def _file(
        self, held: int, entry: str, member: str, path: Path | None, owner: Owner = ROOT
    ) -> None:
        # Non-blocking: a student may have replaced it by a pipe.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with os.fdopen(opened(entry, flags, held), "rb") as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise LeftOutError("it is no longer a file")
            if (
                found.st_size >= LARGE_BYTES
                and found.st_size > LEAST_RATIO_OF_HOLES * found.st_blocks * 512
            ):
                raise LeftOutError("it is a sparse file with almost no data")
            info = self._info(member, found)
            if path and databases.is_database(stream.read(HEAD_BYTES)):
                if self._database(path, owner, info):
                    return
                for end in databases.COMPANIONS:  # what it is made of, as it is
                    self.add(held, entry + end, member + end, None)
            stream.seek(0)
            info.size = found.st_size
            self._archive.addfile(info, Padded(stream))

    def _database(self, path: Path, owner: Owner, info: tarfile.TarInfo) -> bool:
        """Add a copy of a database; False when it can't be read as one."""
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            copied = Path(folder) / "copy"
            try:
                databases.copy(path, copied, owner)
            except sqlite3.DatabaseError as error:
                # After a full disk or a lock the files must not be copied: they may be
                # inconsistent.
                if error.sqlite_errorcode & PRIMARY not in NO_DATABASE:
                    raise
                self._warn(f"{info.name!r} is archived as it is, not as a database: {error}.")
                return False
            with copied.open("rb") as stream:
                info.size = copied.stat().st_size
                self._archive.addfile(info, stream)
        return True

    @staticmethod
    def _info(member: str, found: os.stat_result) -> tarfile.TarInfo:
        info = tarfile.TarInfo(member)
        info.uid, info.gid = found.st_uid, found.st_gid
        info.mode, info.mtime = stat.S_IMODE(found.st_mode), int(found.st_mtime)
        return info

    def text(self, name: str, content: bytes) -> None:
        """Add a file of our own."""
        info = tarfile.TarInfo(name)
        info.size, info.mtime = len(content), int(time.time())
        self._archive.addfile(info, io.BytesIO(content))
