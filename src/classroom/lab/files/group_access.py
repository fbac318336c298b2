"""Make files accessible to the class that a student's program has made inaccessible.

Copied materials, unpacked archives and the like keep permissions that exclude the lab server, and
with it everybody who edits in the browser. Only their owner can change that: the user `student`, as
which the launcher runs chmod.
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
"""Threads of a separate pool: reading and saving never wait for the launcher, or for processes that
a student can stop."""
PATIENCE_SECONDS = 3.0
"""How long a request for an inaccessible file waits for it."""


def shut(root: Root, *paths: Parts) -> list[str]:
    """List what must be made accessible before some files can be written, renamed or deleted.

    Args:
        root: the class's folder, which is accessible itself.
        *paths: paths of files and folders in it; they needn't exist.

    Returns:
        Those of the paths and their folders that exist and that the lab can't change.
    """
    found = dict.fromkeys(place for path in paths for place in (path[:-1], path) if place)
    return [str(root.path.joinpath(*place)) for place in found if _is_shut(root, place)]


def _is_shut(root: Root, parts: Parts) -> bool:
    try:
        with root.at(parts) as place:
            place.stat()
            if os.fstatvfs(place.folder).f_flag & os.ST_RDONLY:
                return False  # a tutor's materials stay read-only
            return not place.allows(os.R_OK | os.W_OK)
    except OSError:
        return False  # not there, out of reach, or a link that leads out


class GroupAccess:
    """Makes files and folders accessible to the class's group, in its own threads."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, "sharing")
        self.late: set[Future[bool]] = set()
        """Calls that still run in a thread, but that no request waits for any more."""

    async def share(self, places: list[str]) -> bool:
        """Let the group change a student's files and folders; wait at most `PATIENCE_SECONDS`.

        chmod runs as `student`. So it can change only a student's own files, whatever the paths
        lead to by then.

        Args:
            places: the result of `shut`.

        Returns:
            Whether it has succeeded for all of them by now.
        """
        if len(self.late) >= THREADS:
            return False  # all threads are busy
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
