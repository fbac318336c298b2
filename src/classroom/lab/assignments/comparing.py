"""Find out whether a student has changed what was handed out; blocking.

In a notebook only the cells count, not their outputs: opening and running it is no change. Hidden
files and links don't count either, because they aren't handed in.
"""

from __future__ import annotations

import json
import os
import stat
from typing import Any

from classroom.lab.files import tree
from classroom.lab.files.directory_entry import DirectoryEntry
from classroom.lab.files.disk_reserve import SMALLEST_BYTES, Allowance
from classroom.lab.files.file_process import is_heavy
from classroom.lab.files.reader import PIECE_BYTES, TooLargeError

MB = 1024**2
MOST_BYTES = 64 * MB
"""Most bytes to read of one student's copy; a larger copy counts as changed."""
LARGEST_NOTEBOOK_BYTES = 4 * MB
"""Most bytes of a notebook that is compared cell by cell; larger ones are compared by bytes."""


def changed(copy: DirectoryEntry, original: DirectoryEntry) -> float | None:
    """Return when a copy was changed last; None if it equals the original.

    Args:
        copy: a student's folder, which programs may change meanwhile.
        original: the folder that was handed out.

    Returns:
        The newest time of the differences, in seconds since the epoch.

    Raises:
        OSError: it can't be read.
    """
    try:
        return _changed(copy, original, 0, Allowance(MOST_BYTES))
    except TooLargeError:  # so it differs, because the original isn't that large
        return copy.stat().st_mtime


def _changed(
    copy: DirectoryEntry, original: DirectoryEntry, depth: int, allowed: Allowance
) -> float | None:
    missing = {one.name for one in tree.entries(original, depth)}
    times: list[float] = []
    held = original.open(os.O_PATH | os.O_DIRECTORY)
    try:
        for mine in tree.entries(copy, depth):
            allowed.take(SMALLEST_BYTES, mine.name)
            if (
                found := _differs(mine, DirectoryEntry(held, mine.name), depth, allowed)
            ) is not None:
                times.append(found)
            missing.discard(mine.name)
    finally:
        os.close(held)
    if missing:
        times.append(copy.stat().st_mtime)
    return max(times, default=None)


def _differs(
    mine: DirectoryEntry, theirs: DirectoryEntry, depth: int, allowed: Allowance
) -> float | None:
    """Return when an entry was changed; None if it is equal, or isn't handed in."""
    now = mine.stat()
    if mine.name.startswith(".") or not (_is_file(now) or stat.S_ISDIR(now.st_mode)):
        return None
    try:
        then = theirs.stat()
    except FileNotFoundError:
        return now.st_mtime
    if stat.S_ISDIR(now.st_mode) and stat.S_ISDIR(then.st_mode):
        return _changed(mine, theirs, depth + 1, allowed)
    both = _is_file(now) and _is_file(then)
    return None if both and _says_the_same(mine, theirs, allowed) else now.st_mtime


def _says_the_same(mine: DirectoryEntry, theirs: DirectoryEntry, allowed: Allowance) -> bool:
    sizes = mine.stat().st_size, theirs.stat().st_size
    is_notebook = mine.name.endswith(".ipynb")
    if sizes[0] != sizes[1] and not is_notebook:
        return False
    allowed.take(sizes[0], mine.name)
    content, original = _read(mine, sizes[0]), _read(theirs, sizes[1])
    return content == original or (is_notebook and _same_cells(content, original))


def _is_file(info: os.stat_result) -> bool:
    return stat.S_ISREG(info.st_mode)


def _read(place: DirectoryEntry, most: int) -> bytes:
    with os.fdopen(place.open(os.O_RDONLY), "rb") as stream:
        if not _is_file(os.fstat(stream.fileno())):
            return b""
        return stream.read(most + 1)


def _same_cells(one: bytes, other: bytes) -> bool:
    if max(len(one), len(other)) > LARGEST_NOTEBOOK_BYTES or is_heavy(one) or is_heavy(other):
        return False
    try:
        return _cells(json.loads(one)) == _cells(json.loads(other))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def _cells(notebook: dict[str, Any]) -> list[tuple[str, str]]:
    """List the cells' types and sources, which may be texts or lists of lines."""
    return [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]


def same(one: DirectoryEntry, other: DirectoryEntry, most: int) -> bool:
    """Say whether two folders have the same files with the same bytes, and nothing else.

    Args:
        one: a folder.
        other: another folder.
        most: most bytes to read of each; larger ones count as different.

    Raises:
        OSError: one of them can't be read.
    """
    try:
        return _same(one, other, 0, Allowance(most))
    except TooLargeError:
        return False


def _same(one: DirectoryEntry, other: DirectoryEntry, depth: int, allowed: Allowance) -> bool:
    here, there = one.stat(), other.stat()
    if stat.S_IFMT(here.st_mode) != stat.S_IFMT(there.st_mode):
        return False
    if _is_file(here):
        allowed.take(max(here.st_size, SMALLEST_BYTES), one.name)
        return here.st_size == there.st_size and _same_bytes(one, other)
    if not stat.S_ISDIR(here.st_mode):
        return False
    names = {found.name for found in tree.entries(other, depth)}
    held = other.open(os.O_PATH | os.O_DIRECTORY)
    try:
        for mine in tree.entries(one, depth):
            theirs = DirectoryEntry(held, mine.name)
            if mine.name not in names or not _same(mine, theirs, depth + 1, allowed):
                return False
            names.remove(mine.name)
    finally:
        os.close(held)
    return not names


def _same_bytes(one: DirectoryEntry, other: DirectoryEntry) -> bool:
    with (
        os.fdopen(one.open(os.O_RDONLY), "rb") as mine,
        os.fdopen(other.open(os.O_RDONLY), "rb") as theirs,
    ):
        while piece := mine.read(PIECE_BYTES):
            if piece != theirs.read(PIECE_BYTES):
                return False
        return not theirs.read(1)
