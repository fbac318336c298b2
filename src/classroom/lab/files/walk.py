"""Follow a path name by name, with every folder on it held open, and follow links ourselves."""

from __future__ import annotations

import errno
import os
from collections import deque
from typing import TYPE_CHECKING

from classroom.lab.files.directory_entry import FOLDER, DirectoryEntry, LeadsOutError

if TYPE_CHECKING:
    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import Parts

MOST_LINKS = 40
"""Most links on one path, as in the kernel (path_resolution(7))."""

DEEPEST = 100
"""Most folders to hold open at once: everybody shares the descriptors, and links could lead through
thousands of folders."""

MOST_NAMES = 1000
"""Most names to look up on one path: forty links can contain tens of thousands (`d/../…`)."""


class LookupBudget:
    """How many more names may be looked up, on one path or on several together."""

    def __init__(self, most: int = MOST_NAMES) -> None:
        self.left = most

    def take(self, name: str) -> None:
        """Count one name.

        Args:
            name: its name, for the error message.

        Raises:
            OSError: it is one name too many.
        """
        if self.left <= 0:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name)
        self.left -= 1


class Walk:
    """The walk from the class's folder to one place.

    ``..`` leads to the folder in which the walk found the present one, even if a program has moved
    that since. The class's folder has no parent.
    """

    def __init__(
        self, root: Root, folder: int, parts: Parts, names: LookupBudget | None = None
    ) -> None:
        """Start in the class's folder.

        Args:
            root: knows which absolute paths lead into the class's folder.
            folder: descriptor of the class's folder; it stays open.
            parts: the path.
            names: how many names may be looked up; None for `MOST_NAMES`.
        """
        self._root = root
        self._names = names or LookupBudget()
        self._held = [os.open(".", FOLDER, dir_fd=folder)]
        self._left = deque(parts)
        self._links = 0
        self._last = ""
        """The link that was followed last, which leads out of the class's folder."""

    def go(self, *, follow: bool) -> DirectoryEntry:
        """Go to the end; the caller closes the place's folder.

        Args:
            follow: whether to follow a link at the end.

        Raises:
            LeadsOutError: a link leads out of the class's files.
            OSError: a folder on the path isn't there, or can't be entered; or the path is too long.
        """
        try:
            while self._left:
                name = self._left.popleft()
                self._names.take(name)
                if name == "..":
                    self._leave()
                elif (target := self._link(name, follow=follow)) is not None:
                    self._turn(name, target)
                elif self._left:
                    self._enter(name)
                else:
                    return DirectoryEntry(self._held.pop(), name)
            return DirectoryEntry(self._held.pop(), ".")
        finally:
            for descriptor in self._held:
                os.close(descriptor)

    def _link(self, name: str, *, follow: bool) -> str | None:
        return DirectoryEntry(self._held[-1], name).link() if self._left or follow else None

    def _enter(self, name: str) -> None:
        if len(self._held) > DEEPEST:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), name)
        self._held.append(os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=self._held[-1]))

    def _leave(self) -> None:
        if len(self._held) == 1:
            raise LeadsOutError(self._last)
        os.close(self._held.pop())

    def _turn(self, name: str, target: str) -> None:
        """Continue where a link leads."""
        self._links, self._last = self._links + 1, name
        if self._links > MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name)
        names = tuple(target.split("/"))
        if target.startswith("/"):
            inside = self._root.inside(target)
            if inside is None:
                raise LeadsOutError(name)
            names = inside
            while len(self._held) > 1:
                os.close(self._held.pop())
        self._left.extendleft(found for found in reversed(names) if found not in {"", "."})
