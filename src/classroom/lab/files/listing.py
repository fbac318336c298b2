"""List the class's folders; follow only a limited number of links, which students can make."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from classroom.lab.files.directory_entry import DirectoryEntry, LeadsOutError
from classroom.lab.files.reader import Seen, look
from classroom.lab.files.walk import LookupBudget

if TYPE_CHECKING:
    from collections.abc import Callable

    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import Parts

NAMES_OF_A_LIST = 5000
"""Most names to look up for one list, to follow its links: a student can make many links with long
paths, and every page requests its folder every few seconds."""


MOST_ENTRIES = 10_000
"""Most entries of a folder that a list shows; each adds some hundred bytes to the answer."""


def names(root: Root, parts: Parts) -> list[str]:
    """List all names in a folder, without looking at what they are.

    Args:
        root: the class's folder.
        parts: the folder's path.

    Raises:
        LeadsOutError: the folder, or one on its path, is a link that leads out.
        OSError: it isn't a folder, or can't be read.
    """
    with root.at(parts) as place:
        folder = place.open(os.O_RDONLY | os.O_DIRECTORY)
    try:
        with os.scandir(folder) as scan:
            return [one.name for one in scan]
    finally:
        os.close(folder)


def _every(_: str) -> bool:
    return True


def entries(
    root: Root, parts: Parts, wanted: Callable[[str], bool] = _every
) -> tuple[Seen, list[Seen], int]:
    """List a folder: the files, folders and links in it that the lab may look at.

    Args:
        root: the class's folder.
        parts: the folder's path.
        wanted: says whether to list a name.

    Returns:
        The folder, its entries, and how many entries are left out because there are too many. The
        entries left out are the last ones by name.

    Raises:
        LeadsOutError: the folder, or one on its path, is a link that leads out.
        OSError: it isn't a folder, or can't be read.
    """
    name = parts[-1] if parts else ""
    with root.at(parts) as place:
        seen = Seen(name, place.stat(), place.allows(os.W_OK))
        folder = place.open(os.O_RDONLY | os.O_DIRECTORY)
    left = LookupBudget(NAMES_OF_A_LIST)
    try:
        with os.scandir(folder) as scan:
            there = [one.name for one in scan if wanted(one.name)]
        shown = there if len(there) <= MOST_ENTRIES else sorted(there)[:MOST_ENTRIES]
        found = [_entry(root, parts, DirectoryEntry(folder, one), left) for one in shown]
    finally:
        os.close(folder)
    return seen, [one for one in found if one is not None], len(there) - len(shown)


def listed(root: Root, parts: Parts) -> Seen | None:
    """Describe an entry as its folder's list does, also a link that leads out.

    Args:
        root: the class's folder.
        parts: the entry's path.

    Returns:
        The entry; None if the list leaves it out.

    Raises:
        LeadsOutError: a folder on the path is a link that leads out.
        OSError: the entry isn't there, or can't be looked at.
    """
    with root.at(parts, follow=False) as place:
        return _entry(root, parts[:-1], place, LookupBudget())


def _entry(root: Root, parts: Parts, place: DirectoryEntry, left: LookupBudget) -> Seen | None:
    """Describe an entry of a folder; None if it isn't shown, or has gone meanwhile."""
    try:
        info = place.stat()
        if stat.S_ISLNK(info.st_mode):
            return _linked(root, parts, place, info, left)
    except OSError:
        return None
    if stat.S_ISDIR(info.st_mode):
        if not place.allows(os.R_OK | os.X_OK):
            return None
    elif not stat.S_ISREG(info.st_mode):
        return None
    return Seen(place.name, info, place.allows(os.W_OK))


def _linked(
    root: Root, parts: Parts, place: DirectoryEntry, info: os.stat_result, left: LookupBudget
) -> Seen | None:
    # Show the link itself, so that people can rename and delete it, but not its target.
    itself = Seen(place.name, info, writable=False, leads=False)
    try:
        found = look(root, (*parts, place.name), left)
    except LeadsOutError:
        return itself
    except OSError:
        return None if left.left else itself
    return found if found.is_file or found.is_folder else None
