"""Where a document's file is on the disk, whatever it is called by now. On the event loop."""

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
"""How much of the time searches for a missing file may take: a search walks all folders."""


class Whereabouts:
    """One file's, by its number on the disk: a program that moves it leaves that as it is."""

    def __init__(self, contents: Any) -> None:
        """Know nothing of the file yet.

        Args:
            contents: the contents manager; of another than ours nothing is ever known.
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
        """Say where the file is, to be found again after a fall; None if that isn't known.

        Args:
            path: what it is called.
        """
        return None if self._held is None else Place(path, self._held.device, self._held.number)

    async def hold(self, path: str) -> None:
        """Keep hold of the file that is at a path now.

        Args:
            path: the document's.
        """
        if self.root is not None:
            held = await threads.run(moved.hold, self.root, parts_of(path))
            self.let_go()
            self._held = held

    def let_go(self) -> None:
        """Keep hold of nothing."""
        if self._held is not None:
            self._held.close()
            self._held = None

    async def wrote(self, saving: saved_hashes.Saving | None, path: str) -> None:
        """Note that the file has been written.

        Args:
            saving: what was put where. It counts if a program has moved the file right after that.
            path: the document's.
        """
        await self.hold(path)
        self._put = saving if self._held is None else None

    def failed(self, saving: saved_hashes.Saving | None) -> None:
        """Note that a save failed, perhaps because a program moved the file in the middle of it.

        Args:
            saving: what had been put where by then.
        """
        self._put = saving

    async def search(self) -> Parts | None:
        """Search all folders for the file, unless that has just been done.

        Returns:
            Where it is; None if it isn't found, or not searched for.
        """
        begun = time.monotonic()
        if self.root is None or begun < self._search_next:
            return None
        found = await self._found(self.root)
        ended = time.monotonic()
        self._search_next = ended + (ended - begun) / SEARCH_SHARE
        return found

    async def _found(self, root: Root) -> Parts | None:
        """Look for the file as it was last seen, or as it was written and moved right after."""
        if self._held is not None and (found := await threads.run(moved.find, root, self._held)):
            return found
        saves: saved_hashes.Saves | None = getattr(self._contents, "saves", None)
        if self._put is None or not self._put.put or saves is None:
            return None
        found = await threads.run(moved.find, root, moved.Remembered(*self._put.put[-1]))
        if found is None:
            return None
        # Its number may be another file's by now.
        try:
            stamp = await self._contents.get(path_of(found), content=False, require_hash=True)
        except HTTPError:
            return None  # it has gone again
        return found if stamp["hash"] in await saves.known(self._put.document) else None
