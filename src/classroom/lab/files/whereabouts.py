"""Where a document's file is on the disk, even if its name has changed. For one event loop."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from tornado.web import HTTPError

from classroom.lab.files import moved
from classroom.lab.files.directory_entry import parts_of, path_of
from classroom.lab.storage import threads
from classroom.lab.storage.last_places import Place

if TYPE_CHECKING:
    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import Parts
    from classroom.lab.storage import saved_hashes

SEARCH_SHARE = 0.05
"""Share of the time that searches for a missing file may take: each walks through all folders."""


class Whereabouts:
    """Finds one file by its inode number, which doesn't change when a program moves the file."""

    def __init__(self, contents: Any) -> None:
        """Start without a file.

        Args:
            contents: the contents manager; with one other than ours, no file is ever found.
        """
        self._contents = contents
        self._held: moved.Held | None = None
        self._put: saved_hashes.Saving | None = None
        self._search_next = -math.inf

    @property
    def root(self) -> Root | None:
        """The class's folder; None with another contents manager than ours."""
        return getattr(self._contents, "root", None)

    def place(self, path: str) -> Place | None:
        """Return the file's place, to find it again after a crash; None if that isn't known.

        Args:
            path: the file's path.
        """
        return None if self._held is None else Place(path, self._held.device, self._held.number)

    async def hold(self, path: str) -> None:
        """Hold open the file that is at a path now.

        Args:
            path: the document's path.
        """
        if self.root is not None:
            held = await threads.run(moved.hold, self.root, parts_of(path))
            self.let_go()
            self._held = held

    def let_go(self) -> None:
        """Close the file."""
        if self._held is not None:
            self._held.close()
            self._held = None

    async def wrote(self, saving: saved_hashes.Saving | None, path: str) -> None:
        """Record that the file has been written.

        Args:
            saving: what was written where; used if a program has moved the file right afterwards.
            path: the document's path.
        """
        await self.hold(path)
        self._put = saving if self._held is None else None

    def failed(self, saving: saved_hashes.Saving | None) -> None:
        """Record that a save failed, perhaps because a program moved the file meanwhile.

        Args:
            saving: what had been written where by then.
        """
        self._put = saving

    async def search(self) -> Parts | None:
        """Search all folders for the file, unless the last search was a short time ago.

        Returns:
            Its path; None if it isn't found, or there was no search.
        """
        begun = time.monotonic()
        if self.root is None or begun < self._search_next:
            return None
        found = await self._found(self.root)
        ended = time.monotonic()
        self._search_next = ended + (ended - begun) / SEARCH_SHARE
        return found

    async def _found(self, root: Root) -> Parts | None:
        """Search for the file that was held last, or for the one that was written last."""
        if self._held is not None and (found := await threads.run(moved.find, root, self._held)):
            return found
        saves: saved_hashes.Saves | None = getattr(self._contents, "saves", None)
        if self._put is None or not self._put.put or saves is None:
            return None
        found = await threads.run(moved.find, root, moved.Remembered(*self._put.put[-1]))
        if found is None:
            return None
        # Another file may have its number by now.
        try:
            stamp = await self._contents.get(path_of(found), content=False, require_hash=True)
        except HTTPError:
            return None  # it has gone again
        return found if stamp["hash"] in await saves.known(self._put.document) else None
