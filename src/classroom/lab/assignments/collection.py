"""Write what was handed in, in nbgrader's layout; blocking.

It goes into a folder of the class's files, or into an archive for the tutor's own machine.
"""

from __future__ import annotations

import os
import stat
import time
import zipfile
from typing import IO, TYPE_CHECKING, cast

from classroom.lab.assignments import comparing, copying, names
from classroom.lab.files import operations, tree
from classroom.lab.files.reader import PIECE_BYTES

if TYPE_CHECKING:
    import io
    from collections.abc import Iterable

    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import DirectoryEntry, Parts

OLDEST, NEWEST = 315532800, (2107, 12, 31, 23, 59, 58)
"""The earliest and latest time in an archive (APPNOTE.TXT of the ZIP format): seconds since the
epoch, and the archive's own form. Programs may set any time on their files."""
TRIES = 3


def bring(root: Root, parts: Parts, handed_in: DirectoryEntry) -> bool:
    """Put a student's hand-in into the class's files.

    An earlier one goes into the trash, also if a student's program has changed it.

    Args:
        root: the class's files.
        parts: the place's path (`names.submitted`).
        handed_in: the folder in the store.

    Returns:
        Whether it is new; False if the same is there already.

    Raises:
        NoFolderError: something on its path isn't a folder.
        OSError: it can't be written.
    """
    for _ in range(TRIES):
        if copying.put_new(root, parts, handed_in):
            return True
        try:
            with root.at(parts, follow=False) as place:
                if comparing.same(place, handed_in, 2 * copying.LARGEST_BYTES):
                    return False
            operations.put_away(root, parts)
        except FileNotFoundError:
            continue
    raise FileExistsError(names.SUBMITTED)


def write_archive(
    stream: io.RawIOBase, name: str, found: Iterable[tuple[str, DirectoryEntry]]
) -> None:
    """Write an archive (ZIP) with what was handed in.

    Args:
        stream: the stream to write to; it needn't be a file.
        name: the assignment's name.
        found: for each student, the name of their folder and what they have handed in.

    Raises:
        OSError: something can't be read, or the stream is closed.
    """
    with zipfile.ZipFile(cast("IO[bytes]", stream), "w") as archive:
        for folder, place in found:
            _add(archive, place, names.submitted((), folder, name), 0)


def in_archive(name: str) -> str:
    """Return a file's name for an archive, in UTF-8.

    Args:
        name: the name as Python reads it from the file system (PEP 383). Bytes that aren't UTF-8
            become ``%FF``, as in an address.
    """
    return "".join(
        f"%{ord(one) - 0xDC00:02X}" if "\udc80" <= one <= "\udcff" else one for one in name
    )


def _add(archive: zipfile.ZipFile, place: DirectoryEntry, parts: Parts, depth: int) -> None:
    info = place.stat()
    if stat.S_ISDIR(info.st_mode):
        archive.writestr(zipfile.ZipInfo(f"{'/'.join(parts)}/"), b"")
        for below in tree.entries(place, depth):
            _add(archive, below, (*parts, in_archive(below.name)), depth + 1)
        return
    when = time.gmtime(max(info.st_mtime, OLDEST))[:6]
    entry = zipfile.ZipInfo("/".join(parts), min(when, NEWEST))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (stat.S_IFREG | 0o644) << 16
    with os.fdopen(place.open(os.O_RDONLY), "rb") as content, archive.open(entry, "w") as stream:
        while piece := content.read(PIECE_BYTES):
            stream.write(piece)
