"""Receive uploads piece by piece into separate files: each appears as a whole or not at all.

JupyterLab sends a file of more than a megabyte in pieces: 1, 2, 3, and so on, and -1 for the last
one. A request doesn't name its upload, so the lab identifies an upload by its person and path.
"""

from __future__ import annotations

import errno
import io
import os
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from classroom.lab.files import disk_reserve
from classroom.lab.files.atomic_write import NEW_FILE_MODE, Scratch, file_at
from classroom.lab.files.directory_entry import FOLDER, DirectoryEntry, Parts
from classroom.lab.files.reader import Seen
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from classroom.lab.files.beneath import Root

LAST = -1
"""The number of an upload's last piece."""
UNDER_WAY_SECONDS = 20.0
"""Seconds without a piece after which a person may begin the same upload again."""
CUT_SECONDS = 600.0
"""Seconds without a piece after which an upload counts as interrupted, and is removed."""
MOST_UNFINISHED = 200
"""Most uploads of one person that may be under way together."""

Identity = tuple[int, int, int, int]
"""What identifies one version of a file: device, inode, size, and time in nanoseconds."""


class UploadError(OSError):
    """The lab rejects a piece; the text is a sentence for the person who uploads."""

    def __init__(self, sentence: str) -> None:
        """Say why, and what to do.

        Args:
            sentence: shown in the page.
        """
        super().__init__(errno.EEXIST, sentence)


def refusal(name: str, piece: int, expected: int | None, idle: float) -> str | None:
    """Say why the lab rejects a piece; None if it accepts it.

    Args:
        name: the file's name.
        piece: the piece's number.
        expected: the number that comes next in the upload under way; None without one.
        idle: seconds since that upload's last piece.
    """
    if piece == 1:
        if expected is not None and idle < UNDER_WAY_SECONDS:
            return gettext(
                "You are uploading “{name}” already, in this or another page: wait for it, or, if"
                " it was interrupted, try again in {seconds:.0f} seconds."
            ).format(name=name, seconds=UNDER_WAY_SECONDS)
        return None
    if expected is None:
        return gettext("The upload of “{name}” was interrupted: upload it again.").format(name=name)
    if piece not in {expected, LAST}:
        return gettext("A part of “{name}” has not arrived: upload it again.").format(name=name)
    return None


def identity(place: DirectoryEntry) -> Identity | None:
    """Identify the file at a place; None if there is nothing.

    Raises:
        NoFileError: something else is there.
        OSError: it can't be looked at.
    """
    found = file_at(place)
    return found and (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


@dataclass
class _Upload:
    """One upload under way.

    Attributes:
        file: the file with what has arrived, which people don't see.
        folder: descriptor of the folder that contains it.
        replaces: the file at the upload's path when the upload started.
        touched: when its last piece came, in seconds of the clock.
        expected: the number of its next piece.
        lock: held to write a piece and to drop the upload: after that, the descriptor's number may
            belong to another file.
        is_dropped: whether the upload is dropped.
    """

    file: Scratch
    folder: int
    replaces: Identity | None
    touched: float
    expected: int = 2
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_dropped: bool = False

    def add(self, data: bytes, *, last: bool) -> None:
        """Write a piece; flush the last one to the disk."""
        place = DirectoryEntry(self.folder, self.file.name)
        with os.fdopen(place.open(os.O_WRONLY | os.O_APPEND), "wb") as stream:
            stream.write(data)
            stream.flush()
            if last:
                os.fsync(stream.fileno())
        self.expected += 1

    def drop(self) -> None:
        """Remove what has arrived, unless it was moved to its place. The caller holds the lock."""
        if not self.is_dropped:
            self.is_dropped = True
            self.file.drop()
            os.close(self.folder)


Key = tuple[str, Parts]
"""A person's name and a file's path."""


class Uploads:
    """The class's unfinished uploads. Safe for threads."""

    def __init__(
        self, root: Root, scratch: Path | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start without uploads.

        Args:
            root: the class's folder.
            scratch: a folder on the same disk that only the lab uses; without it, the file's own
                folder.
            clock: returns seconds.
        """
        self._root, self._scratch, self._clock = root, scratch, clock
        self._unfinished: dict[Key, _Upload] = {}
        self._lock = threading.Lock()

    def take(self, who: str, parts: Parts, piece: int, data: bytes) -> Seen:
        """Receive a piece; after the last one, the file appears.

        Args:
            who: the person's name.
            parts: path of the file.
            piece: its number, from 1 on; `LAST` for the last one.
            data: its bytes.

        Returns:
            The file as far as it has arrived.

        Raises:
            UploadError: the piece is rejected, or somebody has saved another file there meanwhile.
            DiskReserveError: the disk is full; what has arrived is removed.
            LeadsOutError: the path leads out of the class's files.
            OSError: it can't be written; what has arrived is removed.
        """
        key, now = (who, parts), self._clock()
        for cut in self._cut(now):
            with cut.lock:
                cut.drop()
        with self._lock:
            found = self._unfinished.get(key)
            expected, idle = (found.expected, now - found.touched) if found else (None, 0.0)
            if sentence := refusal(parts[-1], piece, expected, idle):
                raise UploadError(sentence)
            if piece == 1 and sum(name == who for name, _ in self._unfinished) >= MOST_UNFINISHED:
                raise UploadError(
                    gettext("You are uploading {most} files already: wait for some.").format(
                        most=MOST_UNFINISHED
                    )
                )
        if piece == 1 or found is None:
            return self._begin(key, data, now)
        with found.lock:
            # Two pieces may come at once, or the upload may have started again: check once more.
            expected = None if found.is_dropped else found.expected
            if sentence := refusal(parts[-1], piece, expected, 0.0):
                raise UploadError(sentence)
            return self._go_on(key, found, piece, data)

    def _cut(self, now: float) -> list[_Upload]:
        """Remove the interrupted uploads from the list, and return them."""
        with self._lock:
            old = [key for key, one in self._unfinished.items() if now - one.touched > CUT_SECONDS]
            return [self._unfinished.pop(key) for key in old]

    def _begin(self, key: Key, data: bytes, now: float) -> Seen:
        disk_reserve.ensure(self._root, len(data))
        with self._root.at(key[1]) as place:
            place.check_writable()  # before the page sends the rest
            replaces = identity(place)
            aside = self._scratch
            folder = os.dup(place.folder) if aside is None else os.open(aside, FOLDER)
            try:
                file = Scratch(folder, io.BytesIO(data), NEW_FILE_MODE)
            except BaseException:
                os.close(folder)
                raise
        upload = _Upload(file, folder, replaces, now)
        with self._lock:
            before = self._unfinished.get(key)
            self._unfinished[key] = upload
        if before is not None:
            with before.lock:
                before.drop()
        return self._seen(key, upload)

    def _go_on(self, key: Key, upload: _Upload, piece: int, data: bytes) -> Seen:
        try:
            disk_reserve.ensure(self._root, len(data))
            upload.add(data, last=piece == LAST)
            upload.touched = self._clock()
            seen = self._seen(key, upload)
            if piece == LAST:
                self._put(key, upload)
        except BaseException:
            self._end(key, upload)
            raise
        if piece == LAST:
            self._end(key, upload)
        return seen

    def _put(self, key: Key, upload: _Upload) -> None:
        """Move a file to its place, unless another one has appeared there meanwhile."""
        name = key[1][-1]
        with self._root.at(key[1]) as place:
            meanwhile = UploadError(
                gettext(
                    "While you were uploading “{name}”, somebody else saved a file of that name."
                    " Theirs is there: rename yours, and upload it again."
                ).format(name=name)
            )
            if identity(place) != upload.replaces:
                raise meanwhile
            if upload.replaces is not None:
                # Everybody may edit what the lab writes; an executable file stays executable.
                mode = place.stat().st_mode & 0o777 | NEW_FILE_MODE
                os.chmod(upload.file.name, mode, dir_fd=upload.folder)
            try:
                upload.file.put(place, new=upload.replaces is None)
            except FileExistsError as error:
                raise meanwhile from error

    def _end(self, key: Key, upload: _Upload) -> None:
        with self._lock:
            if self._unfinished.get(key) is upload:
                del self._unfinished[key]
        upload.drop()

    @staticmethod
    def _seen(key: Key, upload: _Upload) -> Seen:
        found = DirectoryEntry(upload.folder, upload.file.name).stat()
        return Seen(key[1][-1], found, writable=True)
