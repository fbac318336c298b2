"""Unpack an archive beside the current data, and accept it only if it is complete."""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING

from classroom.backup import manifest
from classroom.backup.manifest import NotABackupError

if TYPE_CHECKING:
    from classroom.backup.manifest import Manifest

DIRECTORY_MODE = 0o700
PIECE_BYTES = 1 << 20
LONGEST_MANIFEST_BYTES = 1 << 16
BROKEN = "is not a complete backup of this lab"


def unpack(source: IO[bytes], to: Path) -> Manifest:
    """Unpack an archive into a new folder; remove the folder if the archive is not accepted.

    Args:
        source: the archive.
        to: a folder that does not exist yet, in a folder that only root can enter.

    Returns:
        The archive's manifest.

    Raises:
        NotABackupError: the archive is not a backup of this lab, or not complete.
        OSError: a file can't be written, for example on a full disk.
    """
    to.mkdir(mode=DIRECTORY_MODE)
    try:
        with (
            gzip.open(source) as plain,
            tarfile.open(fileobj=plain, mode="r|") as archive,
        ):
            found = _Unpacking(archive, to)
            found.unpack()
            while plain.read(PIECE_BYTES):
                pass  # to the end, where the checksum is
            return found.finish()
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, UnicodeError) as error:
        shutil.rmtree(to)
        raise NotABackupError(BROKEN) from error
    except BaseException:
        shutil.rmtree(to)
        raise


class _Unpacking:
    """Give files their modes and owners without CAP_FOWNER.

    Without it root may change only the mode of its own files. So root makes each file, sets its
    mode, and only then changes its owner. Folders get their owners at the very end.
    """

    def __init__(self, archive: tarfile.TarFile, to: Path) -> None:
        self._archive = archive
        self._to = to
        self._folders: dict[str, tarfile.TarInfo | None] = {".": None}

    def unpack(self) -> None:
        found, whole = iter(self._archive), False
        self._manifest = self._first(next(found, None))
        for member in found:
            if whole:
                raise NotABackupError(BROKEN)
            if member.name == manifest.LAST:
                whole = True
            elif problem := manifest.check(member, self._folders):
                raise NotABackupError(f"has {member.name!r}, which {problem}")
            else:
                self._member(member)
        if not whole:
            raise NotABackupError("is not a complete backup: its end is missing")

    def finish(self) -> Manifest:
        for name, info in reversed(self._folders.items()):
            if info is not None:
                self._give(self._to / name, info)
        return self._manifest

    def _first(self, first: tarfile.TarInfo | None) -> Manifest:
        content = first and self._archive.extractfile(first)
        return manifest.read_manifest(
            first.name if first else "", content.read() if content else b""
        )

    def _member(self, member: tarfile.TarInfo) -> None:
        place = self._to / member.name
        if member.issym():
            place.symlink_to(member.linkname)
            os.lchown(place, member.uid, member.gid)
        elif member.isdir():
            place.mkdir(mode=DIRECTORY_MODE)
            self._folders[str(Path(member.name))] = member
        elif (content := self._archive.extractfile(member)) is not None:
            with place.open("xb") as stream:
                shutil.copyfileobj(content, stream)
            self._give(place, member)

    @staticmethod
    def _give(place: Path, member: tarfile.TarInfo) -> None:
        place.chmod(member.mode & 0o7777)
        os.utime(place, (member.mtime, member.mtime))
        os.chown(place, member.uid, member.gid)
