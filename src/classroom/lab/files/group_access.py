"""Files that a student's program has made for nobody else to change: opened for the class.

Copied materials, unpacked archives and the like keep modes that shut the lab server out, and with
it whoever edits in the browser. Only their owner can change that: `student`, through the launcher.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from classroom.launcher import client
from classroom.launcher.client import NotLaunchedError
from classroom.launcher.protocol import ProcessKind, Start

if TYPE_CHECKING:
    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import Parts

THREADS = 2
"""Of their own: what waits for the launcher, and for processes that a student can stop, keeps
nobody from reading and saving."""
PATIENCE_SECONDS = 3.0
"""How long whoever wants a shut file waits for it."""


def shut(root: Root, *paths: Parts) -> list[str]:
    """List what must be opened before some files can be written, renamed or deleted.

    Args:
        root: the class's folder, which is open itself.
        paths: of files and folders in it, there or not.

    Returns:
        Those, and folders that they are in, which are there and can't be changed.
    """
    found = dict.fromkeys(place for path in paths for place in (path[:-1], path) if place)
    return [str(root.path.joinpath(*place)) for place in found if _is_shut(root, place)]


def _is_shut(root: Root, parts: Parts) -> bool:
    try:
        with root.at(parts) as place:
            place.stat()
            if os.fstatvfs(place.folder).f_flag & os.ST_RDONLY:
                return False  # a tutor's materials: nobody opens them
            return not place.allows(os.R_OK | os.W_OK)
    except OSError:
        return False  # not there, out of reach, or a link that leads out


class GroupAccess:
    """Opens files and folders for the class's group, in threads of its own."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, "sharing")
        self.late: set[Future[bool]] = set()
        """What is still waited for in a thread, and by nobody else any more."""

    async def share(self, places: list[str]) -> bool:
        """Let the group change files and folders of a student's; waits for it, but not for long.

        By path, and as `student`: whatever it leads to meanwhile, it is nothing but a student's
        own.

        Args:
            places: from `shut`.

        Returns:
            Whether it was done for all of them by now.
        """
        if len(self.late) >= THREADS:
            return False  # nothing comes of it just now
        asked = self._pool.submit(_share, places)
        await asyncio.wait({asyncio.wrap_future(asked)}, timeout=PATIENCE_SECONDS)
        if asked.done():
            return asked.result()
        if not asked.cancel():
            self.late.add(asked)
            asked.add_done_callback(self.late.discard)
        return False


def _share(places: list[str]) -> bool:
    command = ("chmod", "g+rwX", "--", *places)
    try:
        return client.run(Start(uuid.uuid4().hex, ProcessKind.TASK, command, {}, "/")) == 0
    except NotLaunchedError:
        return False
